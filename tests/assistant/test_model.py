from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest

from assistant.model import DEFAULT_MODEL, Ending, OpenAICompatibleModel, load_model
from assistant.opening import Expendable
from assistant.returning import Returning
from retrieval.errors import ModelUnavailable
from retrieval.models import ModelCache

PROMPT = [{"role": "user", "content": "Repeat exactly: Up to five unused days may be carried over until 31 March."}]


class Completions(BaseHTTPRequestHandler):
    """Answers as an OpenAI-compatible server does, in three pieces."""

    asked: dict[str, Any] = {}  # noqa: RUF012 - shared with the test on purpose
    status = 200
    sends: bytes | None = None  #: instead, as it is
    keeps_open_s = 0.0  #: with comments, before it sends anything

    def do_POST(self) -> None:
        type(self).asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.status)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        until = monotonic() + self.keeps_open_s
        with suppress(BrokenPipeError, ConnectionResetError):
            while monotonic() < until:
                self.wfile.write(b": still here\n\n")
                sleep(0.05)
            self._reply()

    def _reply(self) -> None:
        if self.sends is not None:
            self.wfile.write(self.sends)
            return
        for piece in ("Up to ", "five ", "days."):
            self.wfile.write(f"data: {json.dumps({'choices': [{'delta': {'content': piece}}]})}\n\n".encode())
        self.wfile.write(b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Completions.status, Completions.sends, Completions.keeps_open_s = 200, None, 0.0
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


def ending(reply: Generator[str, None, Ending]) -> tuple[list[str], Ending | None]:
    pieces = Returning[str, Ending](reply)
    return list(pieces), pieces.returned


def chunk(content: object = None, **more: object) -> bytes:
    return f"data: {json.dumps({'choices': [{'delta': {'content': content}, **more}]})}\n\n".encode()


def test_a_reply_is_whole_where_the_server_says_that_the_model_ended_it(server: str) -> None:
    def said() -> tuple[list[str], Ending | None]:
        return ending(OpenAICompatibleModel(server, "m").stream(PROMPT, max_tokens=5))

    assert said() == (["Up to ", "five ", "days."], Ending.WHOLE)
    Completions.sends = chunk("Up to five") + chunk(finish_reason="length") + b"data: [DONE]\n\n"
    assert said() == (["Up to five"], Ending.CUT)
    Completions.sends = chunk("Up to five")  # and the connection ends
    assert said() == (["Up to five"], Ending.CUT)
    Completions.sends = (
        b'data: {"choices": []}\r\n\r\n' + chunk("Five.").replace(b"\n", b"\r\n") + chunk(finish_reason="stop")
    )
    assert said() == (["Five."], Ending.WHOLE)


@pytest.mark.parametrize(
    ("sends", "says"),
    [
        (chunk([{"type": "text", "text": "Five."}]), "list where text was expected"),
        (chunk(5), "int where text was expected"),
        (chunk({"text": "Five."}), "dict where text was expected"),
        (b'data: {"choices": {"index": 0}}\n\n', "did not answer"),
        (b'data: {"choices": [5]}\n\n', "did not answer"),
        (b"data: 5\n\n", "did not answer"),
        (b'data: {"error": {"message": "model not found"}}\n\n', "model not found"),
        (b"<html><body>Sign in</body></html>", "no streamed chat completion"),
        (b'{"choices": [{"message": {"content": "Five."}}]}', "no streamed chat completion"),
        (b"", "no streamed chat completion"),
        (b"data: [DONE]\n\n", "no streamed chat completion"),
    ],
)
def test_what_is_no_streamed_completion_is_said_and_costs_the_phrasing_only(
    server: str, sends: bytes, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    Completions.sends = sends
    model = OpenAICompatibleModel(server, "m")
    with pytest.raises(ModelUnavailable, match=says):
        list(model.stream(PROMPT, max_tokens=5))
    assert ending(Expendable(model).stream(PROMPT, max_tokens=5)) == ([], Ending.FAILED)  # type: ignore[arg-type]
    assert "the documents are quoted instead" in caplog.text


def test_a_server_that_keeps_the_line_open_holds_nobody_longer_than_a_draft_may_take(server: str) -> None:
    Completions.keeps_open_s = 5.0
    began = monotonic()
    with pytest.raises(ModelUnavailable, match="took too long"):
        list(OpenAICompatibleModel(server, "m", timeout_s=0.3).stream(PROMPT, max_tokens=5))
    assert monotonic() - began < 2.0


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
