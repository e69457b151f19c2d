"""The reader: what it reads for a question, that keeping what was read changes nothing, and one whole tiny training run."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from safetensors.numpy import load_file

from retrieval.errors import ModelUnavailable, WrongUsage
from retrieval.models import ENCODER, ModelCache
from retrieval.reader import TrainedReader, load_reader
from retrieval.records import Passage
from retrieval.weightfolder import SHIPPED
from tests.fakes import WordEncoder
from tests.retrieval.test_tune import ASKED, RULES, write_beir

pytestmark = pytest.mark.model
TEXTS = list(RULES.values())


def passage(text: str, title: str = "Rules") -> Passage:
    return Passage("p", "d", "v", title, "a.md", text)


@pytest.fixture(scope="module")
def untrained() -> TrainedReader:
    import torch

    from retrieval.interaction import TextTokenizer
    from retrieval.reading import ReadingNetwork

    torch.manual_seed(3)
    folder = ModelCache.default().require(ENCODER)
    return TrainedReader(ReadingNetwork.from_encoder(folder).eval(), TextTokenizer(folder), "untrained")


def test_no_passages_no_readings(untrained: TrainedReader) -> None:
    assert untrained.read("How many days?", []) == []


def test_together_as_one_by_one(untrained: TrainedReader) -> None:
    together = untrained.read(ASKED["leave"], [passage(text) for text in TEXTS])
    for text, found in zip(TEXTS, together, strict=True):
        (alone,) = untrained.read(ASKED["leave"], [passage(text)])
        assert (alone.start, alone.end) == (found.start, found.end)
        assert alone.log_odds == pytest.approx(found.log_odds, abs=2e-2)


def test_the_answer_lies_in_the_text(untrained: TrainedReader) -> None:
    long = " ".join(TEXTS * 6)
    for text in ("", "x", "Ünïcode – “quotes” 🙂 " * 40, long):
        (found,) = untrained.read(ASKED["gifts"], [passage(text)])
        assert 0 <= found.start <= found.end <= len(text)
        assert all(0 <= at < len(text) and 0 <= probability <= 1 for at, probability in found.begins)
        assert (0 < found.begins_within(0, len(text)) <= 1) is bool(text)
        assert found.begins_within(0, 0) == 0


def test_a_long_passage_is_read_to_its_end(untrained: TrainedReader) -> None:
    windows = untrained._windows(passage(" ".join(TEXTS * 6)))
    assert len(windows) > 3
    assert windows[-1].offsets[-1][1] == len(" ".join(TEXTS * 6))


def test_what_was_kept_before_is_read_as_if_it_were_not(untrained: TrainedReader) -> None:
    fresh = untrained.read(ASKED["notice"], [passage("Sick notes are sent to the payroll team within three days.")])
    untrained.keep([passage("Sick notes are sent to the payroll team within three days."), passage("")])
    assert (
        untrained.read(ASKED["notice"], [passage("Sick notes are sent to the payroll team within three days.")])
        == fresh
    )


def test_training_reads_as_service_does(untrained: TrainedReader) -> None:
    import torch

    tokenizer, network = untrained._tokenizer, untrained._network
    passages = tokenizer.batch([tokenizer.encode([text])[0].ids for text in TEXTS[:3]])
    questions = tokenizer.batch([tokenizer.encode([ASKED[name]])[0].ids for name in ("leave", "gifts", "notice")])
    which = torch.tensor([0, 2, 1])

    def read() -> torch.Tensor:
        return network.read(*questions, network.passages(*passages).at(which)).log_odds

    with torch.inference_mode():
        served = read()
    trained = read()
    trained.sum().backward()
    torch.testing.assert_close(trained.detach(), served, atol=1e-4, rtol=1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(read().detach(), served, atol=0.1, rtol=0.02)


def test_an_empty_question_is_read(untrained: TrainedReader) -> None:
    assert len(untrained.read("", [passage(TEXTS[0])])) == 1


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="nowhere"):
        load_reader(str(tmp_path / "nowhere"))


def test_a_tiny_run_writes_a_reader_that_loads_and_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from retrieval.tunereader import ReaderTuneConfig, tune_reader
    from retrieval.tuning import lessons
    from retrieval.tuning.lessons import CollectionUse
    from retrieval.tuning.reading import ReadingConfig

    data, out = write_beir(tmp_path / "rules"), tmp_path / "reader"
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "rules.md").write_text("# Rules\n\n" + " ".join(TEXTS))
    reports: list[tuple[str, int]] = []
    searched = Mock(wraps=lessons.misleading)
    monkeypatch.setattr(lessons, "misleading", searched)
    for steps in (1, 3):
        training = ReadingConfig(steps=steps, sheets=2, passage_tokens=60, checkpoint_steps=1)
        judged = tune_reader(
            [data, documents], WordEncoder(), ModelCache.default().require(ENCODER), out,
            ReaderTuneConfig(training=training, uses={"rules": CollectionUse(share=2.0)}),
            report=lambda what, done, _total: reports.append((what.split(",")[0], done)),
        )  # fmt: skip
    assert [done for what, done in reports if what == "training"] == [1, 2, 3]  # the second run did two steps
    assert searched.call_count == 2  # once for each folder, by the first run
    assert 0 <= judged["rules"].auroc <= 1
    reader = load_reader(str(out))
    assert reader is not None
    assert len(reader.read(ASKED["leave"], [passage(TEXTS[0])])) == 1
    assert "| rules |" in (out / "README.md").read_text()
    assert (out / "weights.safetensors").stat().st_size < 13e6
    assert (out / "weights.safetensors").stat().st_mode == (out / "README.md").stat().st_mode
    with pytest.raises(WrongUsage, match="other data"):
        tune_reader(
            [data], WordEncoder(), ModelCache.default().require(ENCODER), out,
            ReaderTuneConfig(training=training, uses={"rules": CollectionUse(share=2.0)}),
        )  # fmt: skip


def test_training_goes_on_from_a_reader(tmp_path: Path) -> None:
    from retrieval.tunereader import ReaderTuneConfig, tune_reader
    from retrieval.tuning.reading import ReadingConfig
    from retrieval.weightfolder import fingerprint

    training = ReadingConfig(
        steps=1, sheets=2, passage_tokens=60, learning_rate=0.0, head_learning_rate=0.0, made_share_end=0.5
    )
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "rules.md").write_text("# Rules\n\n" + " ".join(TEXTS))
    tune_reader(
        [write_beir(tmp_path / "rules"), tmp_path / "documents"], WordEncoder(), ModelCache.default().require(ENCODER), tmp_path / "reader",
        ReaderTuneConfig(training=training, start_from=SHIPPED / "reader"),
    )  # fmt: skip
    shipped, written = (
        load_file(folder / "weights.safetensors") for folder in (SHIPPED / "reader", tmp_path / "reader")
    )
    assert all(np.array_equal(written[name], values) for name, values in shipped.items())
    manifest = json.loads((tmp_path / "reader" / "manifest.json").read_text())
    assert manifest["started_from"] == fingerprint(SHIPPED / "reader")
    assert manifest["training"]["view_steps"] == 0  # it has learned to read with a passage in view


@pytest.mark.model
def test_weights_are_averaged_with_those_of_a_reader_before(tmp_path: Path) -> None:
    import torch

    from retrieval.reading import SHARED, ReadingNetwork
    from retrieval.tunereader import average

    network = ReadingNetwork.from_encoder(ModelCache.default().require(ENCODER))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    average(network, SHIPPED / "reader")
    once = {name: value.clone() for name, value in network.state_dict().items()}
    assert all(torch.equal(once[name], before[name]) for name in before if name == SHARED)
    assert not torch.equal(once["answer.weight"], before["answer.weight"])
    average(network, SHIPPED / "reader")
    twice = network.state_dict()["answer.weight"]
    # Halfway to the other each time.
    assert torch.allclose(
        twice - once["answer.weight"], (once["answer.weight"] - before["answer.weight"]) / 2, atol=1e-5
    )
    with pytest.raises(ModelUnavailable, match="holds a reranker"):
        average(network, SHIPPED / "reranker")


def test_averaging_with_what_is_written_is_refused(tmp_path: Path) -> None:
    from retrieval.tunereader import ReaderTuneConfig, tune_reader

    with pytest.raises(WrongUsage, match="another folder"):
        tune_reader([], WordEncoder(), Path("unused"), tmp_path, ReaderTuneConfig(average_with=tmp_path))
    # Said before anything is trained.
    with pytest.raises(ModelUnavailable, match="holds a reranker"):
        tune_reader([], WordEncoder(), Path("unused"), tmp_path, ReaderTuneConfig(average_with=SHIPPED / "reranker"))
    with pytest.raises(ModelUnavailable, match="holds a reranker"):
        tune_reader([], WordEncoder(), Path("unused"), tmp_path, ReaderTuneConfig(start_from=SHIPPED / "reranker"))


def test_nothing_to_calibrate_on_is_refused(tmp_path: Path) -> None:
    from retrieval.tunereader import ReaderTuneConfig, tune_reader

    (tmp_path / "rules.md").write_text("# Rules\n\n" + " ".join(TEXTS))
    with pytest.raises(WrongUsage, match="no dev questions"):
        tune_reader([tmp_path], WordEncoder(), Path("unused"), tmp_path / "out", ReaderTuneConfig())
