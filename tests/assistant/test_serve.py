"""What has to be true before the server opens, and what it says when it is not."""

from __future__ import annotations

import logging
import socket
import stat
from collections.abc import Iterator

import pytest
from filelock import FileLock

from assistant.accounts import Accounts, Role
from assistant.commands import serve as serving
from assistant.config import Settings
from retrieval.errors import HomeInUse, NotReady, PolicydeskError, WrongUsage
from retrieval.home import Home
from retrieval.store import Store

SECRET = "0123456789abcdef0123456789abcdef"


class Context:
    """As much of typer's context as the command reads."""

    def __init__(self, settings: Settings) -> None:
        self.obj = settings


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Secrets that a server was opened with, instead of opening one."""
    secrets: list[str] = []

    def run(_settings: Settings, _store: Store, secret: str, listener: socket.socket, *_more: object) -> None:
        listener.close()
        secrets.append(secret)

    monkeypatch.setattr(serving, "_run", run)
    yield secrets
    logging.getLogger("policydesk.access").setLevel(logging.NOTSET)


def serve(home: Home, *, secret: str | None = None, settings: Settings | None = None, **options: object) -> None:
    given = {"host": "127.0.0.1", "port": 0, "demo": False, "model": None, **options}
    serving.serve(Context(settings or Settings(home, secret=secret)), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("secret", "error", "says"),
    [
        (None, NotReady, "POLICYDESK_SECRET is not set"),
        ("", WrongUsage, "at least 8"),
        ("letmein", WrongUsage, "7 characters and needs at least 8"),
    ],
)
def test_no_server_without_a_secret(
    home: Home, opened: list[str], secret: str | None, error: type[PolicydeskError], says: str
) -> None:
    with pytest.raises(error, match=says):
        serve(home, secret=secret)
    assert opened == []


@pytest.mark.parametrize(("secret", "says"), [("changeme", "8 characters, 7 different"), ("a" * 64, "1 different")])
def test_a_weak_secret_is_a_warning(
    home: Home, opened: list[str], capsys: pytest.CaptureFixture[str], secret: str, says: str
) -> None:
    Accounts(Store.open(home)).add("maria", Role.ADMIN, "correct horse battery")
    serve(home, secret=secret)
    assert opened == [secret]
    (warning,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Warning:")]
    assert says in warning
    assert "openssl rand -hex 32" in warning


def test_a_server_without_accounts_opens_and_says_how_to_add_one(
    home: Home, opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    serve(home, secret=SECRET)
    assert opened == [SECRET]
    (warning,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Warning:")]
    assert "policydesk users add NAME" in warning


def test_a_server_with_accounts_and_a_secret_opens_without_a_warning(
    home: Home, opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Accounts(Store.open(home)).add("maria", Role.ADMIN, "correct horse battery")
    serve(home, secret=SECRET)
    assert opened == [SECRET]
    assert "Warning" not in capsys.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.invalid"])
def test_the_demo_listens_on_this_machine_only(home: Home, opened: list[str], host: str) -> None:
    with pytest.raises(WrongUsage, match="this machine only"):
        serve(home, demo=True, host=host)
    assert opened == []


def test_the_demo_makes_a_secret_and_accounts_and_shows_their_passwords_once(
    home: Home, opened: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    serve(home, demo=True)
    shown = capsys.readouterr().out
    accounts = Accounts(Store.open(home))
    for name, role in (("employee", Role.EMPLOYEE), ("hr", Role.HR), ("evaluator", Role.EVALUATOR)):
        password = next(line.split()[-2] for line in shown.splitlines() if f"Sign in as {name} " in line)
        person = accounts.sign_in(name, password)
        assert person is not None
        assert person.role is role
    serve(home, demo=True)
    again = capsys.readouterr().out
    assert "Sign in as" not in again
    assert "users remove hr" in again
    assert opened[0] == opened[1], "sessions outlive a restart"
    assert stat.S_IMODE((home.root / "demo-secret").stat().st_mode) == 0o600


def test_a_port_in_use_is_one_line_and_no_account_is_made(home: Home, opened: list[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(NotReady, match="in use; stop what uses it, or choose another with --port"):
            serve(home, demo=True, port=other.getsockname()[1])
    assert Accounts(Store.open(home)).everyone() == []
    assert opened == []


def test_a_home_has_one_server_at_a_time(home: Home, opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_LEAVING_S", 0.0)
    Store.open(home).close()
    with FileLock(home.root / "serve.lock"), pytest.raises(HomeInUse, match="another server serves"):
        serve(home, demo=True)
    assert (Accounts(Store.open(home)).everyone(), opened) == ([], [])
    serve(home, demo=True)
    assert len(opened) == 1


def test_an_address_of_another_machine_is_one_line(home: Home, opened: list[str]) -> None:
    Accounts(Store.open(home)).add("maria", Role.ADMIN, "correct horse battery")
    with pytest.raises(NotReady, match=r"cannot listen on 192\.0\.2\.1"):
        serve(home, secret=SECRET, host="192.0.2.1")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"trust_header": "X-Forwarded-User"}, "needs --proxy"),
        ({"trust_header": "X-Forwarded-User", "proxy": ["*"]}, "addresses or networks"),
        ({"proxy": ["10.0.0.5/8"]}, "has host bits set"),
    ],
)
def test_a_header_is_believed_from_named_proxies_only(
    home: Home, opened: list[str], options: dict[str, object], says: str
) -> None:
    with pytest.raises(WrongUsage, match=says):
        serve(home, secret=SECRET, **options)
    assert opened == []


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        ({"oidc_issuer": "https://id.invalid"}, WrongUsage, "CLIENT_ID"),
        ({"oidc_issuer": "http://id.invalid"}, WrongUsage, "https://"),
        ({"oidc_issuer": "http://127.0.0.1:9"}, NotReady, "check POLICYDESK_OIDC_ISSUER"),
        ({"sso_roles": "people-team=boss"}, WrongUsage, "GROUP=ROLE"),
    ],
)
def test_a_wrong_provider_is_one_line(
    home: Home, opened: list[str], more: dict[str, str], error: type[PolicydeskError], says: str
) -> None:
    keys = {} if "CLIENT_ID" in says else {"oidc_client_id": "desk", "oidc_client_secret": "s"}
    with pytest.raises(error, match=says):
        serve(home, settings=Settings(home, secret=SECRET, **keys, **more))  # type: ignore[arg-type]
    assert opened == []


def test_a_secret_that_a_power_cut_left_empty_is_made_anew(home: Home, opened: list[str]) -> None:
    home.create()
    (home.root / "demo-secret").touch()
    serve(home, demo=True)
    serve(home, demo=True)
    assert (len(opened[0]), len(set(opened))) == (64, 1)
    assert (home.root / "demo-secret").stat().st_mode & 0o077 == 0
