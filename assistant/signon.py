"""Single sign-on: who an identity provider or a proxy says somebody is, and the one place that becomes an account."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from assistant.accounts import Accounts, Person, Role
from assistant.audit import Audit
from retrieval.errors import NotReady, WrongUsage

log = logging.getLogger(__name__)

#: What Chainlit's generic provider is called in addresses: ``/auth/oauth/company/callback``.
PROVIDER = "company"
MAX_GROUPS = 200
_STRONGEST_FIRST = (Role.ADMIN, Role.HR, Role.LEGAL, Role.EVALUATOR, Role.EMPLOYEE)
_ROLE_NAMES = frozenset(role.value for role in Role)


@dataclass(frozen=True, slots=True)
class Stated:
    """What a provider says of somebody. ``groups`` is None where it says nothing about groups."""

    name: str
    groups: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Proxies:
    """The addresses of reverse proxies in front of us; what they say about a request is believed."""

    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()

    @classmethod
    def read(cls, addresses: Collection[str]) -> Proxies:
        """:raises WrongUsage: if one is neither an address nor a network such as 10.0.0.0/24."""
        try:
            return cls(tuple(ipaddress.ip_network(address) for address in addresses))
        except ValueError as error:
            raise WrongUsage(
                f"--proxy takes addresses or networks, such as 10.0.0.5 or 10.0.0.0/24: {error}"
            ) from error

    def client(self, peer: str, headers: Headers) -> str:
        """The address a request came from: the last one a proxy of ours was asked by, or ``peer`` where they say nothing."""
        forwarded = [each.strip() for each in ",".join(headers.getlist("x-forwarded-for")).split(",") if each.strip()]
        return next((each for each in reversed(forwarded) if not self.include(each)), peer)

    def include(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class OidcConfig:
    """An OpenID Connect provider, with its addresses as it publishes them."""

    client_id: str
    client_secret: str
    authorize_url: str
    token_url: str
    user_info_url: str
    scopes: str = "openid profile email"
    name_claim: str = "email"
    groups_claim: str = "groups"
    desk_url: str | None = None  #: the address people open, for the way back; None: as the request says

    @classmethod
    def discover(
        cls,
        issuer: str,
        *,
        client_id: str,
        client_secret: str,
        scopes: str,
        name_claim: str,
        groups_claim: str,
        desk_url: str | None = None,
    ) -> OidcConfig:
        """Ask the issuer for its addresses.

        :raises WrongUsage: if the issuer is not https, except on this machine.
        :raises NotReady: if it cannot be reached or does not answer as a provider.
        """
        import httpx

        try:
            parts = urlsplit(issuer)
        except ValueError as error:
            raise WrongUsage(f"POLICYDESK_OIDC_ISSUER is {issuer}, which is no address ({error})") from error
        if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise WrongUsage(f"POLICYDESK_OIDC_ISSUER is {issuer}; it has to begin with https://")
        address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found: dict[str, Any] = httpx.get(address, timeout=20, follow_redirects=False).raise_for_status().json()
            authorize, token, user_info = (
                str(found[f"{name}_endpoint"]) for name in ("authorization", "token", "userinfo")
            )
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise NotReady(
                f"{address} does not answer as an identity provider ({error}); check POLICYDESK_OIDC_ISSUER"
            ) from error
        if str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
            raise NotReady(
                f"{address} speaks for {found.get('issuer')}, not for {issuer}; set POLICYDESK_OIDC_ISSUER to that"
            )
        return cls(client_id, client_secret, authorize, token, user_info, scopes, name_claim, groups_claim, desk_url)


@dataclass(frozen=True, slots=True)
class SignOnConfig:
    """How people are recognised beside their passwords.

    :param roles: a provider's group -> our role, the strongest counts. With none, roles are ours to give
        (``policydesk users change``); with some, whoever is in none of these groups is an employee.
    :param user_header, groups_header: what the proxies in ``proxies`` name a person and their groups in; None: not believed.
    """

    roles: Mapping[str, Role] = field(default_factory=dict)
    proxies: Proxies = field(default_factory=Proxies)
    user_header: str | None = None
    groups_header: str | None = None
    oidc: OidcConfig | None = None

    def __post_init__(self) -> None:
        if self.user_header and not self.proxies.networks:
            raise WrongUsage(
                f"--trust-header {self.user_header} needs --proxy with the address that sends it; "
                "from anywhere else the header could be made up"
            )


class SignOn:
    """Turns what providers say into accounts, each change of which is in the audit chain. Safe to share between threads."""

    def __init__(self, accounts: Accounts, config: SignOnConfig) -> None:
        self.accounts = accounts
        self.config = config
        self._audit = Audit(accounts.store)

    def welcome(self, stated: Stated) -> Person | None:
        """The account of somebody a provider vouches for, made at their first visit, with the groups they have now.

        :returns: None where the name cannot be an account's, or belongs to one with a password of its own.
        """
        groups = stated.groups
        role = self._role(groups or frozenset()) if self.config.roles else None
        if groups is not None:
            # A group that is named like a role must not open what is meant for the role.
            groups = frozenset(groups - _ROLE_NAMES)
        try:
            vouched = self.accounts.vouched_for(stated.name, role=role, groups=groups)
        except WrongUsage as error:
            log.warning("single sign-on turned somebody away: %s", error)
            return None
        if vouched.act:
            self._audit.record_access(vouched.person, vouched.act)
        return vouched.person

    def _role(self, groups: frozenset[str]) -> Role:
        given = {self.config.roles[group] for group in groups if group in self.config.roles}
        return next((role for role in _STRONGEST_FIRST if role in given), Role.EMPLOYEE)

    def in_headers(self, headers: Headers) -> Person | None:
        """Whom the proxy's headers name. Only for requests that come from a proxy of ours."""
        stated = stated_in_headers(headers, self.config)
        return self.welcome(stated) if stated else None


def stated_in_headers(headers: Headers, config: SignOnConfig) -> Stated | None:
    """What a proxy says of who sends a request; None where it says nothing, or says it twice."""
    if config.user_header is None:
        return None
    given = headers.getlist(config.user_header)
    name = _account_name(given[0]) if len(given) == 1 else ""
    if not name:
        return None
    if config.groups_header is None:
        return Stated(name)
    return Stated(name, _groups(",".join(headers.getlist(config.groups_header)).split(",")))


def stated_in_claims(claims: Mapping[str, Any], config: OidcConfig) -> Stated | None:
    """What an identity provider's claims say; None where the name is missing or the mail address is not confirmed."""
    name = claims.get(config.name_claim)
    if not isinstance(name, str) or not name.strip():
        return None
    if config.name_claim == "email" and claims.get("email_verified", True) not in (True, "true"):
        return None
    groups = claims.get(config.groups_claim)
    if isinstance(groups, str):
        groups = groups.split(",")
    return Stated(_account_name(name), _groups(groups) if isinstance(groups, list) else None)


def read_roles(text: str | None) -> dict[str, Role]:
    """``people-team=hr,legal-department=legal`` as a mapping.

    :raises WrongUsage: if a part is not GROUP=ROLE.
    """
    roles: dict[str, Role] = {}
    for part in (text or "").split(","):
        group, equals, role = (piece.strip() for piece in part.rpartition("="))
        if not part.strip():
            continue
        if not equals or not group or role not in _ROLE_NAMES:
            raise WrongUsage(
                f"POLICYDESK_SSO_ROLES has {part.strip()!r}; write GROUP=ROLE, with a role of {', '.join(sorted(_ROLE_NAMES))}"
            )
        roles[group] = Role(role)
    return roles


def _account_name(stated: str) -> str:
    """The account's name for a name that was stated."""
    # Lowering makes plain letters of some look-alikes ("\u212aate", with the sign for kelvin, would be kate); as they
    # are, no account can have them, and who states them is turned away.
    return stated.strip().lower() if stated.isascii() else stated


def _groups(given: Collection[Any]) -> frozenset[str]:
    named = [group.strip().lstrip("/") for group in given if isinstance(group, str)]
    return frozenset([group for group in named if 0 < len(group) <= 64][:MAX_GROUPS])
