"""``policydesk serve``: the chat, the API, and what has to be true before they open."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import secrets
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer
from filelock import FileLock, Timeout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from assistant.accounts import Accounts, Role
from assistant.commands.output import aside, console
from assistant.config import Settings
from assistant.cores import keep_to_one_core, let_idle_threads_sleep
from assistant.hardening import check_secret, weak_secret
from assistant.memory import settle, share_stocks
from assistant.privacy import Privacy
from assistant.signon import OidcConfig, Proxies, SignOnConfig, read_roles
from retrieval.errors import HomeInUse, NotReady, WrongUsage
from retrieval.home import Home, sync
from retrieval.store import Store

if TYPE_CHECKING:
    from assistant.answer import Assistant
    from retrieval.encoder import Encoder

#: So long the server before this one may take to stop.
_LEAVING_S = 10.0
_DEMO = (("employee", Role.EMPLOYEE), ("hr", Role.HR), ("evaluator", Role.EVALUATOR))


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 8000,
    demo: Annotated[
        bool, typer.Option("--demo", help="Make a secret and demo accounts with new passwords; this machine only.")
    ] = False,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Another language model; 'quote' for none.")] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="A reverse proxy in front, or its network; may be repeated."),
    ] = None,
    trust_header: Annotated[
        str | None, typer.Option(metavar="NAME", help="Header in which the proxy names who has signed in.")
    ] = None,
    groups_header: Annotated[
        str | None, typer.Option(metavar="NAME", help="Header in which the proxy names their groups, by commas.")
    ] = None,
    works_council: Annotated[
        bool, typer.Option("--works-council", help="Keep nothing that leads from a question to a person.")
    ] = False,
) -> None:
    """Open the chat at /, the HR console at /hr and the API under /api/v1.

    Example: `policydesk serve --demo`

    Behind a proxy that signs people in: `policydesk serve --proxy 10.0.0.5 --trust-header X-Forwarded-User`
    """
    settings: Settings = context.obj
    if demo and not _is_loopback(host):
        raise WrongUsage(
            f"--demo listens on this machine only, not on {host}; leave --host out, or set POLICYDESK_SECRET"
        )
    secret = _demo_secret(settings.home) if demo else check_secret(settings.secret)
    sign_on = _sign_on(settings, proxy or (), trust_header, groups_header)
    privacy = Privacy.load(settings.home)
    privacy = replace(privacy, works_council=works_council or privacy.works_council)
    store = Store.open(settings.home)
    accounts = Accounts(store)
    if not demo:
        _warn(secret, accounts)
    # Both before the demo accounts are made: their passwords are shown once, and must not be lost to a home or port in use.
    with _alone(settings.home):
        listener = _listen(host, port)
        _welcome(host, listener.getsockname()[1], _demo_accounts(accounts) if demo else None)
        # A demo's terminal is somebody's desk: it shows the passwords and problems, not every request.
        logging.getLogger("policydesk.access").setLevel(logging.WARNING if demo else logging.INFO)
        _run(settings, store, secret, listener, model, sign_on, privacy)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Keep other servers off the home: they would read the uploads of this one as if it had been killed.

    :raises HomeInUse: if another server does not leave it.
    """
    lock = FileLock(home.root / "serve.lock")
    try:
        lock.acquire(timeout=_LEAVING_S)
    except Timeout as error:
        raise HomeInUse(
            f"another server serves {home.root}; stop it, and wait until it has read what was sent, or choose another --home"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _warn(secret: str, accounts: Accounts) -> None:
    """Say what does not keep the server from opening."""
    if weak := weak_secret(secret):
        aside.print(f"Warning: {weak}", soft_wrap=True)
    if not accounts.everyone():
        aside.print(
            "Warning: there are no accounts to sign in with; add one, also while this runs: policydesk users add NAME --role admin",
            soft_wrap=True,
        )


def _sign_on(
    settings: Settings, proxies: Sequence[str], user_header: str | None, groups_header: str | None
) -> SignOnConfig:
    """How people are recognised beside their passwords.

    :raises WrongUsage: if a setting makes no sense.
    :raises NotReady: if the identity provider cannot be reached.
    """
    oidc = None
    if settings.oidc_issuer:
        if not settings.oidc_client_id or not settings.oidc_client_secret:
            raise WrongUsage(
                "POLICYDESK_OIDC_ISSUER is set; set POLICYDESK_OIDC_CLIENT_ID and POLICYDESK_OIDC_CLIENT_SECRET too"
            )
        oidc = OidcConfig.discover(
            settings.oidc_issuer, client_id=settings.oidc_client_id, client_secret=settings.oidc_client_secret,
            scopes=settings.oidc_scopes, name_claim=settings.oidc_name_claim, groups_claim=settings.oidc_groups_claim,
            desk_url=settings.public_url,
        )  # fmt: skip
    return SignOnConfig(
        roles=read_roles(settings.sso_roles), proxies=Proxies.read(proxies), user_header=user_header,
        groups_header=groups_header, oidc=oidc,
    )  # fmt: skip


def _run(
    settings: Settings,
    store: Store,
    secret: str,
    listener: socket.socket,
    model: str | None,
    sign_on: SignOnConfig,
    privacy: Privacy,
) -> None:
    import uvicorn

    from assistant.keeper import LibraryKeeper
    from assistant.mail import MailConfig
    from assistant.readahead import ReadAhead
    from assistant.review import Review
    from assistant.room import Room
    from assistant.server import create_app

    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s"
    )
    let_idle_threads_sleep()
    share_stocks()
    models = _Models(settings, model)
    keeper = LibraryKeeper(settings.home, store, models.encoder)
    mail = None
    if settings.smtp_url:
        mail = MailConfig.read(
            settings.smtp_url, sender=settings.mail_from, recipient=settings.mail_to, desk_url=settings.public_url
        )
    room = Room.furnish(
        settings.home, store, secret=secret, load=models.assistant, keeper=keeper, mail=mail, sign_on=sign_on, privacy=privacy,
        review=Review(settings.home, store, encoder=models.encoder, rehearsing=models.assistant),
        settle=keep_to_one_core, ahead=ReadAhead(models.assistant).steps,
    )  # fmt: skip
    # Chats of people who come back are resumed, so a stop need not wait for their connections.
    config = uvicorn.Config(
        create_app(room), access_log=False, log_level="warning", timeout_graceful_shutdown=3,
        proxy_headers=False,  # the edge reads them, from the proxies named only
        # A quarter of a megabyte for each connection, to make a few kilobytes smaller.
        ws_per_message_deflate=False,
    )  # fmt: skip
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        room.jobs.finish()


class _Models:
    """The assistant, loaded once by whoever comes first; the library is read with the encoder that questions use."""

    def __init__(self, settings: Settings, model: str | None) -> None:
        self._settings = settings
        self._model = model
        self._lock = threading.Lock()
        self._assistant: Assistant | None = None

    def assistant(self) -> Assistant:
        from assistant.opening import open_assistant

        with self._lock:
            if self._assistant is None:
                self._assistant = open_assistant(self._settings, model=self._model)
                settle()
            return self._assistant

    def encoder(self) -> Encoder:
        return self.assistant().encoder


def _demo_secret(home: Home) -> str:
    """The home's own secret, made at the first start and readable by its owner only."""
    home.create()
    path = home.root / "demo-secret"
    if path.is_file() and (kept := path.read_text().strip()):  # a power cut may leave it empty
        return kept
    secret = secrets.token_hex(32)
    beside = path.with_suffix(f".{secrets.token_hex(4)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(secret)
    sync(beside)
    beside.replace(path)
    return secret


def _demo_accounts(accounts: Accounts) -> dict[str, str]:
    """Make the demo accounts that are missing; :returns: their passwords, which are kept nowhere."""
    passwords: dict[str, str] = {}
    for name, role in _DEMO:
        if accounts.find(name) is None:
            passwords[name] = _spoken_password()
            accounts.add(name, role, passwords[name])
    return passwords


def _spoken_password() -> str:
    """Twenty letters in groups that can be read out: 83 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz"
    drawn = [secrets.choice(letters) for _ in range(20)]
    return "-".join("".join(drawn[at : at + 5]) for at in range(0, 20, 5))


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket. :raises NotReady: if the address cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise WrongUsage(f"{host} is not an address of this machine: {error.strerror}") from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise NotReady(
                f"port {port} on {host} is in use; stop what uses it, or choose another with --port"
            ) from error
        raise NotReady(
            f"cannot listen on {host} port {port}: {error.strerror}; choose others with --host and --port"
        ) from error
    return listener


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _welcome(host: str, port: int, passwords: dict[str, str] | None) -> None:
    shown = f"[{host}]" if ":" in host else host
    lines = Table.grid(padding=(0, 2))
    lines.add_row("Chat", f"http://{shown}:{port}/")
    lines.add_row("For HR", f"http://{shown}:{port}/hr")
    lines.add_row("API", f"http://{shown}:{port}/api/docs")
    for name, password in (passwords or {}).items():
        lines.add_row(f"Sign in as {name}", Text(password, style="bold"))
    console.print(Panel(lines, title="Policydesk", expand=False, padding=(1, 2)))
    if passwords:
        console.print("The passwords are shown this once.")
    elif passwords is not None:
        console.print(
            "The demo passwords were shown at the first start. For a new one: policydesk users remove hr, and start again."
        )
    aside.print("Loading the models; the first answer may take a few seconds. Stop with Ctrl-C.")
