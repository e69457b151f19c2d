from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from assistant.model import DEFAULT_MODEL, OpenAICompatibleModel, load_model
from assistant.opening import Expendable
from retrieval.errors import ModelUnavailable
from retrieval.models import ModelCache

PROMPT = [{"role": "user", "content": "Repeat exactly: Up to five unused days may be carried over until 31 March."}]


class Completions(BaseHTTPRequestHandler):
    """Answers as an OpenAI-compatible server does, in three pieces."""

    asked: dict[str, Any] = {}  # noqa: RUF012 - shared with the test on purpose
    status = 200

    def do_POST(self) -> None:
        type(self).asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.status)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for piece in ("Up to ", "five ", "days."):
            self.wfile.write(f"data: {json.dumps({'choices': [{'delta': {'content': piece}}]})}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Completions.status = 200
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Completions)
    thread = Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}/v1"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


def test_openai_compatible_server_streams_its_pieces(server: str) -> None:
    model = load_model("llama3.2", url=server, key="k")
    assert model is not None
    assert list(model.stream(PROMPT, max_tokens=20)) == ["Up to ", "five ", "days."]
    assert (Completions.asked["model"], Completions.asked["temperature"]) == ("llama3.2", 0)


def test_server_that_fails_is_one_line(server: str) -> None:
    Completions.status = 500
    with pytest.raises(ModelUnavailable, match="POLICYDESK_MODEL_URL"):
        list(OpenAICompatibleModel(server, "m").stream(PROMPT, max_tokens=5))


def test_server_that_is_not_there_is_one_line() -> None:
    with pytest.raises(ModelUnavailable, match="POLICYDESK_MODEL_URL"):
        list(OpenAICompatibleModel("http://127.0.0.1:9/v1", "m").stream(PROMPT, max_tokens=5))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://[", "nowhere"])
def test_a_server_that_is_away_costs_the_phrasing_only(url: str, caplog: pytest.LogCaptureFixture) -> None:
    model = Expendable(OpenAICompatibleModel(url, "m"))
    assert list(model.stream(PROMPT, max_tokens=5)) == []
    (warning,) = caplog.messages
    assert "check POLICYDESK_MODEL_URL; the documents are quoted instead" in warning
    assert "\n" not in warning


def test_quote_loads_no_model() -> None:
    assert load_model("quote") is None
    assert load_model("quote", url="http://127.0.0.1:9/v1") is None


def test_folder_without_a_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no language model"):
        load_model(str(tmp_path))


def test_default_model_needs_its_weights(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="models pull"):
        load_model(DEFAULT_MODEL, cache=ModelCache(tmp_path))


@pytest.mark.model
def test_default_model_is_greedy_and_says_the_same_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    # A draft ends after some seconds, which on a busy machine may be in the middle of a word.
    monkeypatch.setattr("assistant.decoding.LONGEST_DRAFT_S", 60.0)
    model = load_model()
    assert model is not None
    first = "".join(model.stream(PROMPT, max_tokens=24))
    assert first.strip()
    assert "".join(model.stream(PROMPT, max_tokens=24)) == first
