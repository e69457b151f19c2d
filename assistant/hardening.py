"""Settings that open more than they should, named one by one."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from assistant.accounts import Accounts, Role
from assistant.config import Settings
from assistant.mail import MailConfig
from assistant.privacy import Privacy
from assistant.signon import read_roles
from retrieval.errors import NotReady, PolicydeskError, WrongUsage
from retrieval.store import Store

#: Shorter secrets are tried out in no time.
MIN_SECRET_CHARACTERS = 8
_SOUND_SECRET_CHARACTERS, _SOUND_SECRET_DIFFERENT = 16, 8
DEMO_NAMES = frozenset({"employee", "hr", "evaluator"})
#: What is checked here and, where it is wrong, keeps ``serve`` from starting.
STOPPING = frozenset({"privacy settings", "roles by single sign-on"})
#: An instance with more administrators than this has stopped asking who needs to be one.
_MANY_ADMINS = 5


def check_secret(secret: str | None) -> str:
    """The secret, if sessions can be signed with it; it may be weak still.

    :raises NotReady: if there is none; :raises WrongUsage: if it is too short to be one.
    """
    if secret is None:
        raise NotReady(
            "POLICYDESK_SECRET is not set; it signs sessions. Set it to a long random text, for example: "
            "export POLICYDESK_SECRET=$(openssl rand -hex 32), or try it out with --demo"
        )
    if len(secret) < MIN_SECRET_CHARACTERS:
        raise WrongUsage(
            f"POLICYDESK_SECRET has {len(secret)} characters and needs at least {MIN_SECRET_CHARACTERS}; use random ones: "
            "openssl rand -hex 32"
        )
    return secret


def weak_secret(secret: str) -> str | None:
    """What is weak about a secret that signs sessions, and how to mend it."""
    if len(secret) >= _SOUND_SECRET_CHARACTERS and len(set(secret)) >= _SOUND_SECRET_DIFFERENT:
        return None
    return (
        f"POLICYDESK_SECRET has {len(secret)} characters, {len(set(secret))} different ones, and could be guessed; use at least "
        f"{_SOUND_SECRET_CHARACTERS} random ones: openssl rand -hex 32"
    )


def weak_settings(settings: Settings, store: Store) -> Iterator[tuple[str, str | None]]:
    """What was checked, and what is weak about it with how to mend it, or None. A demo's home is held to the same."""
    demo = (settings.home.root / "demo-secret").is_file()
    if settings.secret is not None or (not demo and Accounts(store).everyone()):
        yield "secret", _said_by(lambda: check_secret(settings.secret)) or weak_secret(settings.secret or "")
    yield "who can read the home", _open_home(settings)
    yield from _weak_accounts(store, demo=demo)
    yield "privacy settings", _said_by(lambda: Privacy.load(settings.home))
    if settings.smtp_url:
        yield "mail", _weak_mail(settings)
    if settings.sso_roles:
        yield "roles by single sign-on", _said_by(lambda: read_roles(settings.sso_roles))
    for name, url in (("POLICYDESK_PUBLIC_URL", settings.public_url), ("POLICYDESK_OIDC_ISSUER", settings.oidc_issuer)):
        if url:
            yield name, _weak_address(url)


def _weak_accounts(store: Store, *, demo: bool) -> Iterator[tuple[str, str | None]]:
    accounts = Accounts(store)
    people = accounts.everyone()
    left_over = sorted(DEMO_NAMES & {person.name for person in people}) if not demo else []
    yield (
        "demo accounts",
        (
            f"the accounts {', '.join(left_over)} are named like the demo's; remove them: policydesk users remove {left_over[0]}"
            if left_over
            else None
        ),
    )
    admins = [person.name for person in people if person.role is Role.ADMIN]
    yield (
        "administrators",
        (
            f"{len(admins)} accounts are administrators; give most another role: policydesk users change NAME --role employee"
            if len(admins) > _MANY_ADMINS
            else None
        ),
    )
    unscoped = [token for token in accounts.tokens.all() if token.scopes is None]
    yield (
        "API tokens",
        (
            f"{len(unscoped)} token(s) may do everything their account may; make scoped ones (policydesk users token NAME --scope "
            f"ask) and revoke {unscoped[0].token_id} …: policydesk users revoke {unscoped[0].token_id}"
            if unscoped
            else None
        ),
    )


def _open_home(settings: Settings) -> str | None:
    mode = stat.S_IMODE(settings.home.root.stat().st_mode)
    if not mode & 0o077:
        return None
    return f"others on this machine may open {settings.home.root} (mode {mode:o}); run: chmod 700 {settings.home.root}"


def _weak_address(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"{url} is no address; write it like https://desk.example.com"
    if parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1"):
        return None
    return f"{url} is not https: sessions and sign-ins could be read on the way"


def _weak_mail(settings: Settings) -> str | None:
    try:
        config = MailConfig.read(settings.smtp_url or "", sender=settings.mail_from, recipient=settings.mail_to)
    except WrongUsage as error:
        return str(error)
    if config.encryption == "none" and config.host not in ("localhost", "127.0.0.1"):
        return f"mail to {config.host} is not encrypted; use smtp:// (STARTTLS) or smtps://"
    return None


def _said_by(check: Callable[[], object]) -> str | None:
    try:
        check()
    except PolicydeskError as error:
        return str(error)
    return None
