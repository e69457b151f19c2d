"""Signing in through an identity provider, and through a proxy's header, by Chainlit's own hooks."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Chainlit keeps its state in its modules, so the desk gets a process of its own; the provider is a server in it.
SCRIPT = """
import asyncio, json, sys
from pathlib import Path

import httpx
import uvicorn

from assistant.accounts import Role
from assistant.room import Room
from assistant.server import create_app
from assistant.signon import OidcConfig, Proxies, SignOnConfig, read_roles
from retrieval.home import Home
from retrieval.store import Store
from tests.assistant import identity_provider as provider
from tests.assistant.engines import FakeEngine, FakeKeeper

PORT = int(sys.argv[2])
ISSUER = f"http://127.0.0.1:{PORT}"


async def main() -> dict:
    server = uvicorn.Server(uvicorn.Config(provider.application(ISSUER), port=PORT, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    oidc = await asyncio.to_thread(
        lambda: OidcConfig.discover(
            ISSUER, client_id=provider.CLIENT, client_secret=provider.SECRET, scopes="openid email", name_claim="email",
            groups_claim="groups", desk_url="https://desk.example.com/",
        )
    )
    config = SignOnConfig(
        roles=read_roles("people-team=hr"), proxies=Proxies.read(["10.0.0.7"]), user_header="X-Forwarded-User", oidc=oidc
    )
    home = Home(Path(sys.argv[1]))
    store = Store.open(home)
    room = Room.furnish(
        home, store, secret="a secret for tests only, long enough", load=lambda: FakeEngine(store),
        keeper=FakeKeeper(home, store), sign_on=config,
    )
    app = create_app(room)
    seen = {}

    def client(peer: str = "192.0.2.1") -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(peer, 1)), base_url="https://desk.example.com")

    async def sign_in(name: str) -> tuple:
        async with client() as browser, httpx.AsyncClient() as web:
            await web.get(f"{ISSUER}/choose/{name}")
            away = await browser.get("/auth/oauth/company")
            back = await web.get(away.headers["location"])
            arrived = await browser.get(back.headers["location"])
            listed = await browser.get("/api/v1/documents")
            return away, back, arrived, listed.status_code

    async with app.router.lifespan_context(app):
        async with client() as browser:
            seen["offered"] = (await browser.get("/auth/config")).json()
            for path in ("/auth/oauth/github", "/auth/oauth/azure-ad-hybrid/callback", "/auth/jwt"):
                seen[path] = (await browser.get(path)).status_code
        away, back, arrived, status = await sign_in("ada")
        seen["redirect"] = httpx.URL(away.headers["location"]).params["redirect_uri"]
        seen["state cookie"] = away.headers["set-cookie"]
        seen["ada arrives"] = arrived.headers["location"]
        seen["ada lists"] = status
        ada = room.accounts.require("ada@example.com")
        seen["ada is"] = [ada.role.value, sorted(ada.groups)]
        async with client() as thief:
            seen["a stolen code"] = (await thief.get(back.headers["location"])).headers["location"]
            seen["the thief lists"] = (await thief.get("/api/v1/documents")).status_code
        for name in ("eve", "max"):
            *_, arrived, status = await sign_in(name)
            seen[f"{name} lists"] = status
        seen["accounts"] = [[person.name, person.role.value, sorted(person.groups)] for person in room.accounts.everyone()]
        named = {"X-Forwarded-User": "bo@example.com"}
        async with client("10.0.0.7") as proxied:
            answer = await proxied.post("/auth/header", headers={**named, "X-Forwarded-Proto": "https"})
            seen["by header"] = [answer.status_code, "Secure" in answer.headers["set-cookie"]]
            seen["bo's chat"] = (await proxied.get("/user", headers=named)).json()["identifier"]
            seen["the chat of another"] = (await proxied.get("/user", headers={"X-Forwarded-User": "ada@example.com"})).status_code
        async with client() as stranger:
            seen["made up"] = (await stranger.post("/auth/header", headers=named)).status_code
            seen["nobody"] = (await stranger.post("/auth/header")).status_code
    server.should_exit = True
    await serving
    return seen


print(json.dumps(asyncio.run(main())))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What people saw who came by the provider or the proxy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("desk")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder / "home"), str(port)], cwd=folder,
        # A provider's variables that lie about must not open a second door.
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "OAUTH_GITHUB_CLIENT_ID": "x", "OAUTH_GITHUB_CLIENT_SECRET": "x"},
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_the_sign_in_page_offers_our_provider_only(seen: dict[str, dict[str, object]]) -> None:
    assert seen["offered"]["oauthProviders"] == ["company"]
    assert (seen["offered"]["passwordAuth"], seen["offered"]["headerAuth"]) == (True, True)
    assert [seen[path] for path in ("/auth/oauth/github", "/auth/oauth/azure-ad-hybrid/callback", "/auth/jwt")] == [
        404
    ] * 3


def test_people_come_back_to_the_address_they_know(seen: dict[str, object]) -> None:
    assert seen["redirect"] == "https://desk.example.com/auth/oauth/company/callback"
    assert "HttpOnly; SameSite=Lax; Secure" in str(seen["state cookie"])
    assert str(seen["ada arrives"]).startswith("/login/callback?success=True")


def test_somebody_vouched_for_is_signed_in_with_role_and_groups(seen: dict[str, object]) -> None:
    assert seen["ada lists"] == 200
    assert seen["ada is"] == ["hr", ["board", "people-team"]]


def test_a_stolen_code_opens_nothing_without_the_browser_that_asked(seen: dict[str, object]) -> None:
    assert "error" in str(seen["a stolen code"])
    assert seen["the thief lists"] == 401


def test_an_unconfirmed_address_is_nobody_and_a_group_named_admin_gives_nothing(seen: dict[str, object]) -> None:
    assert (seen["eve lists"], seen["max lists"]) == (401, 200)
    assert ["max@example.com", "employee", []] in seen["accounts"]  # type: ignore[operator]
    assert "root@example.com" not in str(seen["accounts"])


def test_a_proxy_s_header_opens_the_chat_and_nobody_else_s_does(seen: dict[str, object]) -> None:
    assert seen["by header"] == [200, True]
    assert seen["bo's chat"] == "bo@example.com"
    assert seen["the chat of another"] == 401
    assert (seen["made up"], seen["nobody"]) == (403, 401)
