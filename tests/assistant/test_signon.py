"""Who a provider or a proxy says somebody is, and what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from assistant.accounts import Accounts, Role
from assistant.audit import Audit, Kind
from assistant.room import Room
from assistant.server import create_app
from assistant.signon import (
    OidcConfig,
    Proxies,
    SignOn,
    SignOnConfig,
    Stated,
    read_roles,
    stated_in_claims,
)
from retrieval.errors import WrongUsage
from retrieval.store import Store
from tests.assistant.conftest import PASSWORD, SECRET
from tests.assistant.engines import FakeEngine, FakeKeeper

PROVIDER = OidcConfig("desk", "s", "https://id/a", "https://id/t", "https://id/u")
HEADERS = SignOnConfig(
    roles=read_roles("people-team=hr"), proxies=Proxies.read(["10.0.0.0/24"]), user_header="X-Forwarded-User",
    groups_header="X-Forwarded-Groups",
)  # fmt: skip


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return Accounts(store)


def test_somebody_new_becomes_an_employee_in_their_groups(accounts: Accounts) -> None:
    person = SignOn(accounts, SignOnConfig()).welcome(Stated("ada@example.com", frozenset({"board"})))
    assert person is not None
    assert (person.role, person.groups) == (Role.EMPLOYEE, {"board"})
    assert accounts.require("ada@example.com") == person
    assert accounts.sign_in("ada@example.com", "") is None, "there is no password to guess"


def test_a_first_visit_that_asks_many_things_at_once_makes_one_account(accounts: Accounts) -> None:
    sign_on = SignOn(accounts, SignOnConfig())
    with ThreadPoolExecutor(8) as threads:
        people = list(threads.map(lambda _: sign_on.welcome(Stated("ada", frozenset({"board"}))), range(24)))
    assert {person.account_id if person else None for person in people} == {accounts.require("ada").account_id}
    assert [entry.payload["act"] for entry in Audit(accounts.store).entries()] == ["added"]


def test_groups_are_what_they_are_now(accounts: Accounts) -> None:
    sign_on = SignOn(accounts, SignOnConfig())
    sign_on.welcome(Stated("ada", frozenset({"board"})))
    sign_on.welcome(Stated("ada", frozenset({"works-council"})))
    assert accounts.require("ada").groups == {"works-council"}
    sign_on.welcome(Stated("ada", None))
    assert accounts.require("ada").groups == {"works-council"}, "a provider that says nothing of groups changes none"


def test_the_strongest_role_counts_and_is_lost_with_its_group(accounts: Accounts) -> None:
    sign_on = SignOn(accounts, SignOnConfig(roles=read_roles("people-team=hr, legal-department = legal")))
    for groups, role in (
        ({"people-team", "legal-department"}, Role.HR),
        ({"legal-department"}, Role.LEGAL),
        (set(), Role.EMPLOYEE),
    ):
        person = sign_on.welcome(Stated("ada", frozenset(groups)))
        assert person is not None
        assert person.role is role


def test_what_single_sign_on_gives_and_takes_is_in_the_audit_chain(accounts: Accounts, store: Store) -> None:
    sign_on = SignOn(accounts, SignOnConfig(roles=read_roles("people-team=hr")))
    for groups in ({"people-team"}, {"people-team"}, {"board"}):
        sign_on.welcome(Stated("ada", frozenset(groups)))
    account_id = accounts.require("ada").account_id
    assert [entry.payload for entry in Audit(store).entries(kind=Kind.ACCESS)] == [
        {"account_id": account_id, "act": "added", "role": "hr", "groups": ["people-team"]},
        {"account_id": account_id, "act": "changed", "role": "employee", "groups": ["board"]},
    ]


def test_without_a_mapping_roles_are_ours_to_give(accounts: Accounts) -> None:
    sign_on = SignOn(accounts, SignOnConfig())
    sign_on.welcome(Stated("ada", frozenset()))
    accounts.change("ada", role=Role.LEGAL)
    person = sign_on.welcome(Stated("ada", frozenset()))
    assert person is not None
    assert person.role is Role.LEGAL


def test_a_group_named_like_a_role_gives_nothing(accounts: Accounts) -> None:
    person = SignOn(accounts, SignOnConfig()).welcome(Stated("ada", frozenset({"admin", "hr", "board"})))
    assert person is not None
    assert (person.role, person.groups) == (Role.EMPLOYEE, {"board"})


def test_an_account_with_a_password_is_not_taken_over(accounts: Accounts) -> None:
    accounts.add("root", Role.ADMIN, PASSWORD)
    sign_on = SignOn(accounts, SignOnConfig())
    assert sign_on.welcome(Stated("root", None)) is None
    accounts.drop_password("root")
    assert accounts.sign_in("root", PASSWORD) is None
    person = sign_on.welcome(Stated("root", None))
    assert person is not None
    assert person.role is Role.ADMIN


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "../x", "ä"])
def test_a_name_that_no_account_can_have_is_turned_away(accounts: Accounts, name: str) -> None:
    assert SignOn(accounts, SignOnConfig()).welcome(Stated(name, None)) is None
    assert accounts.everyone() == []


@pytest.mark.parametrize(
    ("claims", "stated"),
    [
        (
            {"email": "Ada@Example.com", "groups": ["/board", "x", 3]},
            Stated("ada@example.com", frozenset({"board", "x"})),
        ),
        ({"email": "ada@example.com", "email_verified": True}, Stated("ada@example.com", None)),
        ({"email": "ada@example.com", "email_verified": False}, None),
        ({"email": ""}, None),
        ({"email": ["ada"]}, None),
        ({"sub": "1"}, None),
    ],
)
def test_claims_are_read_with_care(claims: dict[str, Any], stated: Stated | None) -> None:
    assert stated_in_claims(claims, PROVIDER) == stated


def test_a_look_alike_is_nobody_s_account(accounts: Accounts) -> None:
    sign_on = SignOn(accounts, SignOnConfig())
    kate = sign_on.welcome(Stated("kate@example.com", None))
    stated = stated_in_claims({"email": "\u212aate@example.com"}, PROVIDER)  # the sign for kelvin, lowered: k
    assert stated is not None
    assert sign_on.welcome(stated) is None
    assert accounts.everyone() == [kate]


@pytest.mark.parametrize("text", ["people-team", "=hr", "people-team=boss"])
def test_a_malformed_mapping_is_one_line(text: str) -> None:
    with pytest.raises(WrongUsage, match="GROUP=ROLE"):
        read_roles(text)


@asynccontextmanager
async def behind(room: Room, store: Store, peer: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests come from this address, of a desk that trusts the proxies of HEADERS."""
    keeper = FakeKeeper(room.home, store)
    trusting = Room.furnish(
        room.home, store, secret=SECRET, load=lambda: FakeEngine(store), keeper=keeper, sign_on=HEADERS
    )
    app = create_app(trusting, chat=False)
    transport = httpx.ASGITransport(app, client=(peer, 1))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://desk") as client,
    ):
        yield client


async def test_the_proxy_s_header_signs_people_in_with_their_groups(room: Room, store: Store) -> None:
    headers = {"X-Forwarded-User": "ada", "X-Forwarded-Groups": "board,people-team"}
    async with behind(room, store, "10.0.0.7") as client:
        listed = (await client.get("/api/v1/documents", headers=headers)).json()["documents"]
        assert "Board Pay Memorandum" in {document["title"] for document in listed}
        assert (await client.get("/api/v1/reports/gaps", headers=headers)).status_code == 200
        headers["X-Forwarded-Groups"] = ""
        assert (await client.get("/api/v1/reports/gaps", headers=headers)).status_code == 403
        assert (await client.get("/api/v1/documents")).status_code == 401


async def test_from_anywhere_else_the_header_is_refused(room: Room, store: Store) -> None:
    async with behind(room, store, "192.0.2.9") as client:
        answer = await client.get("/api/v1/documents", headers={"X-Forwarded-User": "ada"})
        assert answer.status_code == 403
        assert "sign-on proxy" in answer.json()["detail"]
        page = await client.get("/healthz", headers={"x-forwarded-user": "ada"})
        assert page.status_code == 403
        assert (await client.get("/healthz")).status_code == 200
    assert room.accounts.find("ada") is None


async def test_a_header_that_is_sent_twice_names_nobody(room: Room, store: Store) -> None:
    async with behind(room, store, "10.0.0.7") as client:
        given = [("X-Forwarded-User", "ada"), ("X-Forwarded-User", "root")]
        assert (await client.get("/api/v1/documents", headers=given)).status_code == 401


async def test_a_session_of_somebody_else_does_not_outlive_the_proxy_s_word(room: Room, store: Store) -> None:
    session = room.door.session(room.accounts.require("hana"))
    headers = {"X-Forwarded-User": "ada", "Cookie": f"access_token={session}"}
    async with behind(room, store, "10.0.0.7") as client:
        assert (await client.get("/api/v1/reports/gaps", headers=headers)).status_code == 403
        del headers["X-Forwarded-User"]
        assert (await client.get("/api/v1/reports/gaps", headers=headers)).status_code == 200


def test_the_client_s_address_is_the_last_that_no_proxy_of_ours_has() -> None:
    from starlette.datastructures import Headers

    proxies = Proxies.read(["10.0.0.0/24", "::1"])
    forwarded = Headers({"x-forwarded-for": "6.6.6.6, 192.0.2.9, 10.0.0.3"})
    assert proxies.client("10.0.0.7", forwarded) == "192.0.2.9"
    assert proxies.client("10.0.0.7", Headers({})) == "10.0.0.7"
    assert not proxies.include("?")
