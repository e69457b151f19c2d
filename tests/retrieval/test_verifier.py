"""The verifier: what it reads, that training and serving compute the same, what it changes in a search, one tiny run."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from retrieval.basemodel import open_weights, prepare_default
from retrieval.errors import ModelUnavailable
from retrieval.index import PassageIndex
from retrieval.models import ModelCache
from retrieval.reader import load_reader
from retrieval.records import Passage, Reading
from retrieval.search import Searcher
from retrieval.tuning.sheets import Sheet, SheetQuestion
from retrieval.verifier import PASSAGE_TOKENS, Prompter, TrainedVerifier, load_verifier, merge
from retrieval.weightfolder import SHIPPED, write_manifest
from tests.fakes import OverlapReader, WordEncoder
from tests.retrieval.test_tune import RULES, write_beir

pytestmark = pytest.mark.model
NOWHERE = Reading(0.0, 0, 0)
TEXT = RULES["leave"]


def passage(text: str, title: str = "Rules") -> Passage:
    return Passage("p", "d", "v", title, "a.md", text)


@pytest.fixture(scope="module")
def prompter() -> Prompter:
    return Prompter.of(prepare_default(ModelCache.default()))


@pytest.fixture(scope="module")
def tiny() -> Any:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(3)
    shape = {"num_hidden_layers": 4, "num_attention_heads": 6, "num_key_value_heads": 2, "hidden_size": 96}
    config = LlamaConfig(
        vocab_size=49152, intermediate_size=128, tie_word_embeddings=True, initializer_range=0.1, **shape
    )
    return LlamaForCausalLM(config).eval()


@pytest.fixture(scope="module")
def trained(tiny: Any) -> Any:
    """A network whose adapters are not nothing."""
    import torch

    from retrieval.tuning.verifying import VerifyingConfig, VerifyingNetwork

    torch.manual_seed(4)
    network = VerifyingNetwork(tiny, VerifyingConfig(layers=3))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network


def read(network: Any, prompter: Prompter, sheets: Sequence[Sheet]) -> list[float]:
    import torch

    from retrieval.tuning.verifying import Layout, VerifyingConfig

    layout = Layout(prompter, VerifyingConfig(together=len(sheets), typed_share=0.0))
    (batch,) = layout.batches(sheets, Random(1))
    with torch.inference_mode():
        found: list[float] = network(batch)[0].tolist()
    return found


def sheet(text: str, *questions: str) -> Sheet:
    return Sheet("rules", "Rules", text, tuple(SheetQuestion(one, True) for one in questions))


def test_serving_computes_what_training_did(tiny: Any, trained: Any, prompter: Prompter) -> None:
    from copy import deepcopy

    from retrieval.llama import Trunk

    model = deepcopy(tiny)
    merge(model, {name: value.detach() for name, value in trained.state_dict().items()}, layers=3, scale=2.0)
    served = TrainedVerifier(Trunk(model, int8=False, exact=False), trained.answer, prompter, "tiny")
    for question in ("How many days lapse?", "who pays?"):
        (wanted,) = read(trained, prompter, [sheet(TEXT, question)])
        assert served.verify(question, [passage(TEXT)], [NOWHERE])[0] == pytest.approx(wanted, abs=0.05)


def test_questions_of_a_sheet_and_sheets_of_a_batch_do_not_see_one_another(trained: Any, prompter: Prompter) -> None:
    alone = [read(trained, prompter, [sheet(TEXT, one)])[0] for one in ("How many days lapse?", "Who pays for it all?")]
    together = read(trained, prompter, [sheet(TEXT, "How many days lapse?", "Who pays for it all?")])
    assert together == pytest.approx(alone, abs=0.05)
    longer = sheet(TEXT * 3, "How many?", "And who?", "When?", "Where?")
    beside = read(trained, prompter, [sheet(TEXT, "How many days lapse?"), longer])
    assert beside[0] == pytest.approx(alone[0], abs=0.05)


def test_what_is_kept_of_a_passage_changes_nothing(
    tiny: Any, trained: Any, prompter: Prompter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from retrieval.llama import Trunk

    def served() -> TrainedVerifier:
        return TrainedVerifier(Trunk(tiny, int8=False, exact=False), trained.answer, prompter, "tiny")

    def ask(verifier: TrainedVerifier, *texts: str) -> list[float]:
        return verifier.verify("How many days lapse?", [passage(text) for text in texts], [NOWHERE] * len(texts))

    texts = list(RULES.values())
    fresh = [ask(served(), text)[0] for text in texts]
    verifier = served()
    verifier.keep([passage(texts[0]), passage(texts[1] * 30)])
    assert ask(verifier, *texts) == ask(verifier, *texts) == pytest.approx(fresh)
    monkeypatch.setattr("retrieval.verifier._MOST_TOKENS", 40)
    assert ask(verifier, *texts) == pytest.approx(fresh)  # room for one passage at a time
    monkeypatch.setattr("retrieval.verifier._MOST_TOKENS", 0)
    assert ask(verifier, *texts) == pytest.approx(fresh)


def test_of_a_long_passage_the_part_that_the_reader_points_to_is_read(prompter: Prompter) -> None:
    words = [f"word{number}" for number in range(400)]
    text = " ".join(words)
    for wanted in ("word0", "word200", "word399"):
        at = text.index(wanted)
        read = prompter.passage(passage(text), Reading(0.0, at, at + len(wanted)))
        assert len(read) == PASSAGE_TOKENS
        assert " ".join(prompter.decode(read).split()).endswith("word399") is (wanted == "word399")
        assert wanted in prompter.decode(read).split()
    assert prompter.decode(prompter.passage(passage("Short."), NOWHERE)) == "Rules\nShort."


def test_a_long_question_loses_its_middle(prompter: Prompter) -> None:
    asked = prompter.question(prompter.ids("first " + "and " * 200 + "last"))
    said = prompter.decode(asked)
    assert len(asked) < 70
    assert said.startswith("\nQuestion: first")
    assert said.endswith("last\nAnswered:")


@pytest.mark.parametrize("text", ["", "x", "🙂" * 600, "\x00\n"])
def test_any_text_can_be_read(tiny: Any, trained: Any, prompter: Prompter, text: str) -> None:
    from retrieval.llama import Trunk

    served = TrainedVerifier(Trunk(tiny, int8=False, exact=False), trained.answer, prompter, "tiny")
    (log_odds,) = served.verify(text, [passage(text, title="")], [NOWHERE])
    assert abs(log_odds) < 1000


class Contrary:
    """Holds that only the second of the passages that it is asked about answers."""

    name = "contrary"
    rank_weight = 1.0

    def verify(self, question: str, passages: Sequence[Passage], readings: Sequence[Reading]) -> list[float]:
        assert len(passages) == len(readings)
        return [-1.0, 9.0][: len(passages)]

    def keep(self, passages: Sequence[Passage]) -> None:
        raise AssertionError("nobody reads ahead here")


def test_the_best_two_are_verified_and_ranked_anew() -> None:
    class Verified(OverlapReader):
        verifier = Contrary()

    encoder = WordEncoder()
    texts = ["unused leave lapses", "leave lapses", "leave", "leave and more leave that lapses in other words"]
    passages = [Passage(f"p{number}", f"d{number}", "v", "Rules", "a.md", text) for number, text in enumerate(texts)]
    index = PassageIndex.build(passages, encoder)
    before = Searcher(index, encoder, reader=OverlapReader()).search("unused leave lapses").hits
    hits = Searcher(index, encoder, reader=Verified()).search("unused leave lapses").hits
    assert hits[0].passage == before[1].passage
    assert hits[0].score == pytest.approx(before[1].score + 4)  # sure, but counted up to 4
    verified = {hit.passage.passage_id: hit.reading.verified for hit in hits if hit.reading}
    assert sum(one is not None for one in verified.values()) == 2
    assert verified[before[2].passage.passage_id] is None
    assert Searcher(index, encoder, reader=Verified()).search("unused leave lapses", verify=False).hits == before


def test_without_its_base_model_hits_are_read_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert load_verifier(cache=ModelCache(tmp_path)) is None
    assert "run: policydesk models pull" in caplog.text
    assert load_verifier("none") is None
    with pytest.raises(ModelUnavailable, match="policydesk tune verifier"):
        load_verifier(str(tmp_path))
    with pytest.raises(ModelUnavailable, match="holds a reader where a verifier was expected"):
        load_verifier(str(SHIPPED / "reader"))


def test_an_adapter_for_other_weights_is_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path, {"name": "mine", "kind": "verifier", "base": {"sha256": "abc"}})
    with pytest.raises(
        ModelUnavailable,
        match=r"was trained for weights abc…, .*policydesk tune verifier, or set POLICYDESK_VERIFIER=none",
    ):
        load_verifier(str(tmp_path))


def test_what_ships_tells_an_answer_from_a_look_alike() -> None:
    reader = load_reader()
    assert reader is not None
    assert reader.verifier is not None
    text = "Up to five unused days of annual leave may be carried over until 31 March. Days not used by then lapse."
    answered, other = (
        reader.verifier.verify(question, [passage(text, "Annual leave")], [NOWHERE])[0]
        for question in ("How many days of leave can I carry over?", "How many days of leave do I get a year?")
    )
    assert answered > 0 > other


def test_a_tiny_run_writes_a_verifier_that_loads_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    from retrieval.tuneverifier import VerifierTuneConfig, tune_verifier
    from retrieval.tuning.verifying import VerifyingConfig

    data, out = write_beir(tmp_path / "rules"), tmp_path / "verifier"
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "rules.md").write_text("# Rules\n\n" + " ".join(RULES.values()))
    base = prepare_default(ModelCache.default())
    reports: list[tuple[str, int]] = []
    for steps in (1, 2):
        training = VerifyingConfig(steps=steps, sheets=2, layers=1, rank=2, checkpoint_steps=1)
        judged = tune_verifier(
            [data, documents], WordEncoder(), base, out, VerifierTuneConfig(training=training), base_sha256="abc",
            report=lambda what, done, _total: reports.append((what.split(",")[0], done)),
        )  # fmt: skip
    assert [done for what, done in reports if what == "training"] == [1, 2]  # the second run did one step
    assert 0 <= judged["rules"].auroc <= 1
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["kind"], manifest["layers"], manifest["base"]) == ("verifier", 1, {"sha256": "abc"})
    assert "| rules |" in (out / "README.md").read_text()
    again = VerifierTuneConfig(training=replace(training, steps=1), start_from=out)
    tune_verifier([data, documents], WordEncoder(), base, tmp_path / "again", again, base_sha256="abc")
    assert json.loads((tmp_path / "again" / "manifest.json").read_text())["started_from"]
    verifier = TrainedVerifier.load(out, base)
    assert len(verifier.verify("How many days?", [passage(TEXT)], [NOWHERE])) == 1


def test_only_the_adapters_are_trained() -> None:
    from retrieval.tuning.verifying import VerifyingConfig, VerifyingNetwork

    model, _ = open_weights(prepare_default(ModelCache.default()))
    network = VerifyingNetwork(model, VerifyingConfig(layers=2))
    sizes = {name: value.numel() for name, value in network.named_parameters()}
    assert all(name.endswith((".down", ".up")) for name in sizes if name.startswith("layers."))
    assert sum(sizes.values()) < 1_500_000
