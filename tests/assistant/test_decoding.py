"""The default model's own passes: what transformers computes, and the same reply however many tokens are guessed."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from assistant.decoding import CopyingModel
from assistant.guesses import Guesses
from assistant.model import Ending, LanguageModel, TransformersModel, load_model
from assistant.prompt import evidence_lines
from assistant.returning import Returning
from retrieval.basemodel import prepare_default
from retrieval.llama import Llama
from retrieval.matrices import Int8Matrix
from retrieval.models import ModelCache

SENTENCE = "Up to five unused days may be carried over until 31 March."
PROMPT = [
    {"role": "system", "content": "You answer an employee's question about company policy. Use only the evidence."},
    {
        "role": "user",
        "content": f"Evidence:\n1. {SENTENCE}\n2. Other days lapse.\n\nQuestion: How many days carry over?",
    },
]


@pytest.fixture(scope="module")
def tiny() -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(3)
    shape = {"num_hidden_layers": 3, "num_attention_heads": 6, "num_key_value_heads": 2, "hidden_size": 96}
    config = LlamaConfig(
        vocab_size=300, intermediate_size=128, tie_word_embeddings=True, initializer_range=0.2, **shape
    )
    return LlamaForCausalLM(config).eval()


def test_reads_as_transformers_does(tiny: Any) -> None:
    tokens = torch.randint(0, 300, (40,)).tolist()
    with torch.inference_mode():
        wanted = tiny(input_ids=torch.tensor([tokens])).logits[0]
    network = Llama(tiny, int8=False)
    states = network.states(40)
    found = torch.cat([network.read(tokens[:25], states, last=25), network.read(tokens[25:], states, last=15)])
    assert (found - wanted).abs().max() < 0.02 * wanted.abs().max()  # word vectors are kept in float16


def test_long_texts_are_read_in_parts(tiny: Any) -> None:
    tokens = torch.randint(0, 300, (600,)).tolist()
    network = Llama(tiny, int8=False)
    at_once, in_steps = network.states(600), network.states(600)
    whole = network.read(tokens, at_once, last=1)
    for begin in range(0, 600, 100):
        part = network.read(tokens[begin : begin + 100], in_steps, last=1)
    assert torch.allclose(whole, part, atol=1e-4)
    assert at_once.length == in_steps.length == 600


def test_forgotten_tokens_leave_no_trace(tiny: Any) -> None:
    network = Llama(tiny, int8=False)
    straight, back = network.states(8), network.states(8)
    network.read([5, 6, 7], straight)
    network.read([5, 6, 9, 9, 9], back)
    back.keep(2)
    network.read([7], back)
    assert torch.allclose(network.read([8], straight), network.read([8], back), atol=1e-5)


def test_a_row_in_8_bits_does_not_depend_on_the_rows_beside_it() -> None:
    torch.manual_seed(3)
    weight, rows = torch.randn(64, 32), torch.randn(20, 32) * torch.logspace(-3, 3, 20)[:, None]
    matrix = Int8Matrix(weight)
    together = matrix.times(rows)
    assert torch.equal(together, torch.cat([matrix.times(row[None]) for row in rows]))
    wanted = rows @ weight.t()
    assert (together - wanted).norm(dim=1).div(wanted.norm(dim=1)).max() < 0.03


def test_tokens_read_together_give_what_they_give_one_by_one(tiny: Any) -> None:
    tokens = torch.randint(0, 300, (120,)).tolist()
    network = Llama(tiny, int8=True)
    together, one_by_one = network.states(120), network.states(120)
    network.read(tokens[:80], together)
    one_by_one.begin_with(together)
    wanted = torch.cat([network.read([token], one_by_one) for token in tokens[80:]])
    assert torch.equal(network.read(tokens[80:], together, last=40), wanted)


def test_a_reply_is_guessed_to_begin_with_the_first_text_and_to_end_behind_it() -> None:
    guesses = Guesses([(1, 2, 3), (4, 5)], end=0)
    assert guesses.after([], 9) == [1, 2, 3, 0]
    assert guesses.after([], 2) == [1, 2]


def test_a_reply_that_leaves_words_out_goes_on_ahead_of_where_it_copied() -> None:
    guesses = Guesses([(7, 1, 2, 3, 7, 5, 6)], end=0)
    assert guesses.after([7], 2) == [1, 2]
    assert guesses.after([7, 1, 2, 7], 2) == [5, 6]


def test_two_words_are_followed_before_one() -> None:
    guesses = Guesses([(1, 2, 3), (9, 2, 4)], end=0)
    assert guesses.after([9, 2], 1) == [4]


def test_nothing_is_guessed_after_a_word_of_its_own() -> None:
    assert Guesses([(1, 2, 3)], end=0).after([8], 4) == []
    assert Guesses([], end=0).after([], 4) == []


def test_a_prompt_without_evidence_has_no_lines_to_copy() -> None:
    assert evidence_lines(PROMPT) == [SENTENCE, "Other days lapse."]
    assert evidence_lines([{"role": "user", "content": "Hello"}]) == []


class Passes:
    """Counts the passes of a network."""

    def __init__(self, network: Llama) -> None:
        self._network = network
        self.states = network.states
        self.done = 0

    def read(self, *given: Any, **named: Any) -> Any:
        self.done += 1
        return self._network.read(*given, **named)


@pytest.mark.model
def test_guessing_says_the_same_in_fewer_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.decoding.LONGEST_DRAFT_S", 60)  # a busy machine takes longer without guessing
    model = load_model()
    assert isinstance(model, CopyingModel)
    replies, passes = [], []
    for guess in (True, False):
        counted = Passes(model._network)
        one = CopyingModel(counted, model._tokenizer, "counted", guess=guess)  # type: ignore[arg-type]
        replies.append("".join(one.stream(PROMPT, max_tokens=40)))
        passes.append(counted.done)
    assert replies[0] == replies[1]
    assert "31 March" in replies[0]
    assert passes[0] * 2 < passes[1]


@pytest.mark.model
def test_two_replies_may_be_read_by_turns() -> None:
    model = load_model()
    assert model is not None
    alone = "".join(model.stream(PROMPT, max_tokens=24))
    one, other = model.stream(PROMPT, max_tokens=24), model.stream(PROMPT, max_tokens=24)
    pieces = [next(one), next(other)]
    assert pieces[0] + "".join(one) == pieces[1] + "".join(other) == alone


@pytest.mark.model
@pytest.mark.parametrize("engine", ["ours", "transformers"])
def test_a_reply_tells_whether_it_was_cut(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("assistant.decoding", "assistant.model"):
        monkeypatch.setattr(f"{module}.LONGEST_DRAFT_S", 120.0)
    folder = prepare_default(ModelCache.default())
    model: LanguageModel = CopyingModel.load(folder, "m") if engine == "ours" else TransformersModel(folder, "m")
    for most, ending in ((60, Ending.WHOLE), (3, Ending.CUT)):
        reply = Returning[str, Ending | None](model.stream(PROMPT, max_tokens=most))
        assert "".join(reply)
        assert reply.returned is ending
