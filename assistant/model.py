"""Language models that phrase an answer: the one door to transformers, and any OpenAI-compatible server."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from copy import deepcopy
from enum import Enum
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Protocol

from assistant.adapter import Adapter
from retrieval.basemodel import open_weights, prepare_default
from retrieval.encoder import has_fast_bfloat16
from retrieval.errors import ModelUnavailable
from retrieval.models import GENERATOR, ModelCache

#: One message of a prompt: {"role": "system" | "user" | "assistant", "content": ...}
Message = dict[str, str]

DEFAULT_MODEL = GENERATOR.name
#: Of the file that the default model is unpacked from; an adapter names the one it was trained for.
DEFAULT_SHA256 = next(iter(GENERATOR.files.values()))
LOOKUP_TOKENS = 8
LONGEST_DRAFT_S = 20.0
#: A server that is there takes a connection at once, however long it writes.
_CONNECT_S = 5.0


class Ending(Enum):
    """How a reply ended."""

    WHOLE = "whole"  #: the model had said what it says
    CUT = "cut"  #: at the limit of tokens or of time
    FAILED = "failed"  #: the model went away


class LanguageModel(Protocol):
    """Phrases text from a prompt."""

    @property
    def name(self) -> str: ...

    def stream(self, prompt: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Ending | None]:
        """The model's reply in pieces, in order; greedy, so that the same prompt gives the same reply.

        :returns: at the end of the generator, how the reply ended; None where nobody can say.
        :raises ModelUnavailable: if the model cannot be reached.
        """


class TransformersModel:
    """A causal language model run here, in bfloat16 where the processor multiplies it natively.

    Safe to share between threads: one reply is written at a time.

    :param adapter: added to the weights.
    :param lookup_tokens: how many tokens are guessed at a time from where the prompt goes on after the same words; 0 for
        one token after the other. The reply is the same.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        adapter: Adapter | None = None,
        lookup_tokens: int = LOOKUP_TOKENS,
        local_only: bool = True,
    ) -> None:
        import torch

        self.name = f"{name}+{adapter.name}" if adapter else name
        self._lookup_tokens = lookup_tokens
        self._lock = Lock()
        self._beginnings: dict[str, Any] = {}
        dtype = torch.bfloat16 if has_fast_bfloat16() else torch.float32
        self._model, self._tokenizer = open_weights(folder, dtype=dtype, local_only=local_only)
        if adapter:
            adapter.merge_into(self._model)
        self._model.eval()

    def count_tokens(self, text: str) -> int:
        """How many tokens the model reads a text as."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def stream(self, prompt: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Ending]:
        import torch
        from transformers import StoppingCriteriaList, TextIteratorStreamer

        encoded = self._tokenizer.apply_chat_template(
            list(prompt), add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        streamer = TextIteratorStreamer(self._tokenizer, skip_prompt=True, skip_special_tokens=True)
        unwanted = Event()
        written: list[int] = []

        def stop(ids: Any, *_scores: Any, **_more: Any) -> Any:
            return torch.full((ids.shape[0],), unwanted.is_set(), dtype=torch.bool)

        def write() -> None:
            # Held by the writer, not by the reader: whoever reads several drafts by turns must not wait for itself.
            with self._lock, torch.inference_mode():
                ids = self._model.generate(
                    **encoded,
                    streamer=streamer,
                    max_new_tokens=max_tokens,
                    max_time=LONGEST_DRAFT_S,
                    do_sample=False,
                    temperature=None,
                    top_p=None,
                    top_k=None,
                    # Answers copy their evidence, so most tokens are guessed right from the prompt and checked in one pass.
                    prompt_lookup_num_tokens=self._lookup_tokens or None,
                    past_key_values=self._beginning(prompt, encoded["input_ids"]),
                    pad_token_id=self._tokenizer.eos_token_id,
                    stopping_criteria=StoppingCriteriaList([stop]),
                )
                written.extend(ids[0, encoded["input_ids"].shape[1] :].tolist())

        writer = Thread(target=write, name="draft", daemon=True)
        writer.start()
        try:
            yield from streamer
        finally:
            # A reader who has seen enough closes the stream: the draft ends at its next token.
            unwanted.set()
            writer.join()
        ends = self._model.generation_config.eos_token_id
        return Ending.WHOLE if written and written[-1] in (ends if isinstance(ends, list) else [ends]) else Ending.CUT

    def _beginning(self, prompt: Sequence[Message], ids: Any) -> Any:
        """The states of the fixed system message, read once and copied for each prompt; None where the prompt does not
        begin with it."""
        from transformers import DynamicCache

        if len(prompt) < 2 or prompt[0]["role"] != "system":
            return None
        system = prompt[0]["content"]
        if system not in self._beginnings:
            alone = self._tokenizer.apply_chat_template([prompt[0]], return_tensors="pt", return_dict=True)["input_ids"]
            states = None
            if ids[:, : alone.shape[1]].equal(alone) and alone.shape[1] < ids.shape[1]:
                states = DynamicCache(config=self._model.config)
                self._model(input_ids=alone, past_key_values=states, use_cache=True)
            self._beginnings = {system: states}  # one at a time: prompts are fixed
        return deepcopy(self._beginnings[system])


class OpenAICompatibleModel:
    """Any server that speaks OpenAI's chat completions: Ollama, vLLM, llama.cpp, ``transformers serve``.

    :param url: the base address, ending in ``/v1``.
    :param timeout_s: for a whole reply, however it comes.
    """

    def __init__(self, url: str, name: str, *, key: str | None = None, timeout_s: float = LONGEST_DRAFT_S) -> None:
        self.name = name
        self._url = url.rstrip("/") + "/chat/completions"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._timeout_s = timeout_s

    def stream(self, prompt: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Ending]:
        import httpx

        body = {
            "model": self.name,
            "messages": list(prompt),
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
        }
        seen, reason = False, None
        until = monotonic() + self._timeout_s
        try:
            timeout = httpx.Timeout(self._timeout_s, connect=min(_CONNECT_S, self._timeout_s))
            with httpx.stream("POST", self._url, json=body, headers=self._headers, timeout=timeout) as response:
                response.raise_for_status()
                for line in _lines(response.iter_text(), until):
                    piece = line.removeprefix("data:").strip() if line.startswith("data:") else ""
                    if not piece or piece == "[DONE]":
                        continue
                    sent = json.loads(piece)
                    if error := sent.get("error"):
                        raise ValueError(f"it says {str(error)[:200]!r}")
                    for choice in (sent.get("choices") or [])[:1]:
                        seen, reason = True, choice.get("finish_reason") or reason
                        text = (choice.get("delta") or {}).get("content") or ""
                        if not isinstance(text, str):
                            raise ValueError(f"it sent {type(text).__name__} where text was expected")
                        if text:
                            yield text
            if not seen:
                raise ValueError("it sent no streamed chat completion")
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError, TypeError, LookupError) as error:
            said = " ".join(str(error).split())
            raise ModelUnavailable(
                f"the model server {self._url} did not answer ({said}); check POLICYDESK_MODEL_URL"
            ) from error
        return Ending.WHOLE if reason == "stop" else Ending.CUT


def _lines(pieces: Iterable[str], until: float) -> Iterator[str]:
    """The lines of a text that comes in pieces.

    :param until: of the monotonic clock; a server that sends anything at all, such as comments to keep a line open, never
        runs into a read's own time limit.
    :raises ValueError: if it is not over by then.
    """
    held: list[str] = []
    for piece in pieces:
        if monotonic() > until:
            raise ValueError("its reply took too long")
        *whole, rest = piece.split("\n")
        for line in whole:
            yield "".join([*held, line])
            held.clear()
        held.append(rest)
    yield "".join(held)


def load_model(
    name: str = DEFAULT_MODEL,
    *,
    url: str | None = None,
    key: str | None = None,
    adapter: str | None = None,
    cache: ModelCache | None = None,
) -> LanguageModel | None:
    """Load a language model by name.

    :param name: the default; ``quote`` for none, so that answers are quotations only; a folder; or a Hugging Face id that
        is cached on this machine. With ``url``, the name that server knows the model by.
    :param adapter: for the default model: see :meth:`Adapter.chosen`.
    :raises ModelUnavailable: if it is neither cached nor a folder, or the adapter is missing or for other weights.
    :raises WeightsDamaged: if the adapter's files are not as its manifest says.
    """
    if name == "quote":
        return None
    if url:
        return OpenAICompatibleModel(url, name, key=key)
    if name == DEFAULT_MODEL:
        from assistant.decoding import CopyingModel

        folder = prepare_default(cache or ModelCache.default())
        return CopyingModel.load(folder, name, adapter=Adapter.chosen(adapter, DEFAULT_SHA256))
    return TransformersModel(Path(name), Path(name).name if Path(name).is_dir() else name)


def check_model(name: str, *, url: str | None = None, adapter: str | None = None) -> None:
    """See that what :func:`load_model` would load is there, without loading it; the default weights and a server are not looked at.

    :raises ModelUnavailable, WeightsDamaged: as it does.
    """
    if url or name == "quote":
        return
    if name == DEFAULT_MODEL:
        Adapter.chosen(adapter, DEFAULT_SHA256)
        return
    from transformers import AutoConfig

    try:
        AutoConfig.from_pretrained(name, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"there is no language model {name!r} here; set POLICYDESK_MODEL to a folder or a cached id"
        ) from error
