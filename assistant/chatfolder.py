"""The folder Chainlit lives in: laid out afresh in the home at each start, because it reads and writes where it is told."""

from __future__ import annotations

import json
import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from assistant.signon import PROVIDER, OidcConfig
from retrieval.home import Home

_SOURCE = Path(__file__).parent / "chat"


def prepare(home: Home, *, session_key: str, oidc: OidcConfig | None = None) -> Path:
    """Lay out the folder and tell Chainlit where it is. Must come before anything imports Chainlit.

    :param session_key: signs the sessions.
    :param oidc: the provider that people may sign in with.
    """
    folder = home.root / "chat"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / ".chainlit").mkdir(parents=True, mode=0o700)
    shutil.copyfile(_SOURCE / "config.toml", folder / ".chainlit" / "config.toml")
    shutil.copytree(_SOURCE / "public", folder / "public")
    for page in _SOURCE.glob("chainlit*.md"):
        shutil.copyfile(page, folder / page.name)
    _translate(folder / ".chainlit" / "translations")
    os.environ["CHAINLIT_APP_ROOT"] = str(folder)
    os.environ["CHAINLIT_AUTH_SECRET"] = session_key
    # Chainlit reads a .env of the working directory; nothing of it is meant for us.
    os.environ["CHAINLIT_ENV_FILE"] = str(folder / "no.env")
    if oidc:
        os.environ.update(_provider(oidc))
    _leave_out_tracing()
    return folder


def _leave_out_tracing() -> None:
    """Put an empty module in the place of the tracing kit that Chainlit's imports bring and nothing of ours calls: half of the
    time that its import takes, 110 MB of memory, and a thing in the house that could send questions away."""
    kit = ModuleType("traceloop.sdk")
    kit.Traceloop = None  # type: ignore[attr-defined]
    sys.modules.setdefault("traceloop", ModuleType("traceloop"))
    sys.modules.setdefault("traceloop.sdk", kit)


def _provider(oidc: OidcConfig) -> dict[str, str]:
    """The environment that Chainlit's generic provider reads when it is imported."""
    return {
        "OAUTH_GENERIC_NAME": PROVIDER,
        "OAUTH_GENERIC_CLIENT_ID": oidc.client_id,
        "OAUTH_GENERIC_CLIENT_SECRET": oidc.client_secret,
        "OAUTH_GENERIC_AUTH_URL": oidc.authorize_url,
        "OAUTH_GENERIC_TOKEN_URL": oidc.token_url,
        "OAUTH_GENERIC_USER_INFO_URL": oidc.user_info_url,
        "OAUTH_GENERIC_SCOPES": oidc.scopes,
        "OAUTH_GENERIC_USER_IDENTIFIER": oidc.name_claim,
        # The address of the way back, which a proxy may hide from us.
        **({"CHAINLIT_URL": oidc.desk_url} if oidc.desk_url else {}),
    }


def _translate(folder: Path) -> None:
    """Write Chainlit's translations with our wording laid over them."""
    folder.mkdir()
    spec = find_spec("chainlit")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    shipped = Path(spec.submodule_search_locations[0]) / "translations"
    every = _wording("all")
    for path in sorted(shipped.glob("*.json")):
        wording = _laid_over(_laid_over(json.loads(path.read_text("utf-8")), every), _wording(path.stem))
        (folder / path.name).write_text(json.dumps(wording, ensure_ascii=False), "utf-8")


def _wording(language: str) -> dict[str, Any]:
    path = _SOURCE / "translations" / f"{language}.json"
    wording: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return wording


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _laid_over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged
