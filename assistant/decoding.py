"""Replies of the default model: greedy, and several tokens a pass where the reply copies its evidence."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from assistant.adapter import Adapter
from assistant.guesses import Guesses
from assistant.model import LONGEST_DRAFT_S, Ending, Message
from assistant.prompt import evidence_lines
from retrieval.basemodel import open_weights
from retrieval.llama import Llama, States
from retrieval.matrices import has_fast_int8

#: Guessed tokens that are checked in one pass: the whole first sentence while the prompt is read, fewer later, when a guess
#: that fails costs more than it may save.
FIRST_GUESS, LATER_GUESS = 32, 16


class CopyingModel:
    """A language model whose replies copy the numbered lines of their prompt.

    Each pass reads the tokens that :class:`Guesses` expects beside the last known one, and keeps those that the model would
    have written; the reply is the same as without. Safe to share between threads: passes of several replies take turns.

    :param tokenizer: transformers', with the chat template.
    :param guess: False for one token a pass.
    """

    def __init__(self, network: Llama, tokenizer: Any, name: str, *, guess: bool = True) -> None:
        self.name = name
        self._network = network
        self._tokenizer = tokenizer
        self._guess = guess
        self._turn = Lock()
        self._beginning: tuple[list[int], States] | None = None

    @classmethod
    def load(cls, folder: Path, name: str, *, adapter: Adapter | None = None, guess: bool = True) -> CopyingModel:
        """A folder's Llama with an adapter added to its weights, in 8-bit numbers where the processor multiplies them.

        :raises ModelUnavailable: if the folder holds none.
        :raises WeightsDamaged: if the adapter does not fit it.
        """
        model, tokenizer = open_weights(folder)
        if adapter:
            adapter.merge_into(model)
        network = Llama(model, int8=has_fast_int8())
        return cls(network, tokenizer, f"{name}+{adapter.name}" if adapter else name, guess=guess)

    def token_by_token(self) -> CopyingModel:
        """The same weights without guesses."""
        return CopyingModel(self._network, self._tokenizer, self.name, guess=False)

    def count_tokens(self, text: str) -> int:
        """How many tokens the model reads a text as."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def stream(self, prompt: Sequence[Message], *, max_tokens: int) -> Generator[str, None, Ending]:
        until = monotonic() + LONGEST_DRAFT_S
        end = self._tokenizer.eos_token_id
        guesses = Guesses(self._tokens(evidence_lines(prompt)) if self._guess else [], end)
        unread = self._tokenizer.apply_chat_template(list(prompt), add_generation_prompt=True)["input_ids"]
        states = self._network.states(len(unread) + max_tokens + FIRST_GUESS)
        unread = self._begin(prompt, unread, states)
        reply: list[int] = []
        shown = ""
        while len(reply) < max_tokens and monotonic() < until:
            guessed = guesses.after(reply, LATER_GUESS if reply else FIRST_GUESS)
            with self._turn:
                logits = self._network.read([*unread, *guessed], states, last=len(guessed) + 1)
            said = logits.argmax(-1).tolist()
            right = next((at for at, token in enumerate(guessed) if token != said[at]), len(guessed))
            states.keep(states.length - len(guessed) + right)
            new = said[: right + 1]
            ended = end in new
            reply += new[: new.index(end)] if ended else new
            text = self._tokenizer.decode(reply[:max_tokens], skip_special_tokens=True)
            # Half a character shows as a replacement mark until its other tokens are there.
            if len(text) > len(shown) and (ended or not text.endswith("\ufffd")):
                yield text[len(shown) :]
                shown = text
            if ended:
                return Ending.WHOLE if len(reply) <= max_tokens else Ending.CUT
            unread = reply[-1:]
        return Ending.CUT

    def _tokens(self, lines: Sequence[str]) -> list[list[int]]:
        return self._tokenizer(list(lines), add_special_tokens=False)["input_ids"] if lines else []

    def _begin(self, prompt: Sequence[Message], tokens: list[int], states: States) -> list[int]:
        """Take over the states of the system message, which all prompts begin with and which is read once.

        :returns: the tokens that are still to be read.
        """
        system = self._tokenizer.apply_chat_template([prompt[0]])["input_ids"]
        if prompt[0]["role"] != "system" or tokens[: len(system)] != system or len(tokens) == len(system):
            return tokens
        with self._turn:
            if self._beginning is None or self._beginning[0] != system:
                read = self._network.states(len(system))
                self._network.read(system, read)
                self._beginning = (system, read)
            states.begin_with(self._beginning[1])
        return tokens[len(system) :]
