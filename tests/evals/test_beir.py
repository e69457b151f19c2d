from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from evals.beir import load_data
from evals.data import CorpusText, DataError, Question
from evals.systems import our_systems, passages_of
from retrieval.index import PassageIndex
from tests.evals.folders import write_folder, write_lines
from tests.fakes import WordEncoder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "rules")


def test_a_split_holds_its_judged_questions_with_answers_in_file_order(folder: Path) -> None:
    data = load_data(folder)
    assert (data.name, data.split, len(data.corpus), len(data.unanswerable)) == ("rules", "test", 60, 10)
    assert [question.question_id for question in data.judged[:2]] == ["q00", "q01"]
    assert data.judged[1].wanted == {"rule-01": 1}
    assert data.judged[1].answers == (" ".join(data.corpus[1].text.split()[:5]),)


def test_gzipped_files_read_the_same(folder: Path) -> None:
    plain = load_data(folder)
    for path in (folder / "corpus.jsonl", folder / "queries.jsonl", folder / "qrels" / "test.tsv"):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert load_data(folder).questions == plain.questions
    assert load_data(folder).fingerprint() == plain.fingerprint()


def test_trec_qrels_stand_in_for_the_table(folder: Path) -> None:
    plain = load_data(folder)
    (folder / "qrels" / "test.tsv").unlink()
    (folder / "qrels" / "test.qrels").write_text("".join(f"q{n:02d} 0 rule-{n:02d} 1\n" for n in range(60)))
    assert load_data(folder).qrels == plain.qrels


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("qrels/test.tsv", "q00\trule-99\t1", "qrels/test.tsv:62: the judgement points to text 'rule-99'"),
        ("qrels/test.tsv", "q99\trule-00\t1", "qrels/test.tsv:62: the judgement points to question 'q99'"),
        ("qrels/test.tsv", "q00\trule-00\t1", "qrels/test.tsv:62: question 'q00' and text 'rule-00' are judged twice"),
        ("qrels/test.tsv", "q00\trule-01\tyes", "qrels/test.tsv:62: the score 'yes' is not a whole number"),
        (
            "qrels/test.tsv",
            "q00\trule-01\t1e30",
            "qrels/test.tsv:62: the score '1e30' is not a whole number up to 1000",
        ),
        ("qrels/test.tsv", "q00 rule-01 1", "qrels/test.tsv:62: expected 3 tab-separated fields, found 1"),
        ("corpus.jsonl", '{"_id": "rule-00", "text": "again"}', "corpus.jsonl:61: the id 'rule-00' is used twice"),
        ("qrels/test.tsv", "q00\trule-01\t0.5", "qrels/test.tsv:62: the score '0.5' is not a whole number"),
        ("corpus.jsonl", '{"_id": "new", "title": "T"}', "corpus.jsonl:61: 'text' is missing, expected text"),
        ("queries.jsonl", '{"_id": "new", "text": " "}', "queries.jsonl:61: 'text' is empty"),
        ("corpus.jsonl", '{"_id": "new", "text": 5}', "corpus.jsonl:61: 'text' is int, expected text"),
        ("corpus.jsonl", '{"_id": "new", "text": "cut', "corpus.jsonl:61: malformed JSON"),
        ("corpus.jsonl", "[1]", "corpus.jsonl:61: expected a JSON object, found list"),
        ("queries.jsonl", '{"_id": "q00", "text": "again"}', "queries.jsonl:61: the id 'q00' is used twice"),
        (
            "answers.jsonl",
            '{"query_id": "q99", "answers": []}',
            "answers.jsonl:61: the answer points to question 'q99'",
        ),
        ("answers.jsonl", '{"query_id": "q60", "answers": "yes"}', "answers.jsonl:61: "),
        (
            "queries.jsonl",
            '{"_id": "new", "text": "?", "metadata": {"as_of": "01.02.2025"}}',
            "queries.jsonl:61: metadata holds the date '01.02.2025'; expected YYYY-MM-DD",
        ),
        (
            "queries.jsonl",
            '{"_id": "new", "text": "?", "metadata": {"history": ["What about leave?"]}}',
            "queries.jsonl:61: metadata holds a history that is not a list",
        ),
        (
            "unanswerable.jsonl",
            '{"_id": "u", "text": "?", "metadata": {"groups": "hr"}}',
            "unanswerable.jsonl:11: metadata holds the groups 'hr'; expected a list of texts",
        ),
        (
            "unanswerable.jsonl",
            '{"_id": "u", "text": "?", "split": null}',
            "unanswerable.jsonl:11: 'split' is missing, expected text",
        ),
        (
            "unanswerable.jsonl",
            '{"_id": "u", "text": "?", "asked_against": ["rule-99"]}',
            "unanswerable.jsonl:11: asked_against points to text 'rule-99'",
        ),
    ],
)
def test_bad_data_is_refused_with_file_and_line(folder: Path, file: str, line: str, said: str) -> None:
    with (folder / file).open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
    with pytest.raises(DataError, match=r"^[^\n]+$") as refused:
        load_data(folder)
    assert f"{folder.name}/{said}" in str(refused.value)
    assert refused.value.exit_code == 2


def test_a_text_may_be_its_title_alone_or_nothing(folder: Path) -> None:
    with (folder / "corpus.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"_id": "titled", "title": "Zebra", "text": ""}\n{"_id": "nothing", "title": "", "text": " "}\n')
    data = load_data(folder)
    assert [(text.text_id, text.title, text.text) for text in data.corpus[-2:]] == [
        ("titled", "Zebra", ""),
        ("nothing", "", " "),
    ]
    encoder = WordEncoder()
    index = PassageIndex.build(passages_of(data.corpus), encoder, windows=True)
    assert "nothing" not in index.rows
    for system in our_systems(["bm25", "dense", "hybrid"], index, encoder, None, None):
        assert system.search(Question("q", "the zebra"), k=3)[0][0] == "titled"


def test_scores_may_be_written_with_a_point(folder: Path) -> None:
    plain = load_data(folder)
    table = folder / "qrels" / "test.tsv"
    table.write_text(table.read_text().replace("\t1\n", "\t1.0\n"))
    assert load_data(folder).qrels == plain.qrels


def test_bytes_that_are_no_text_are_refused(folder: Path) -> None:
    (folder / "corpus.jsonl").write_bytes(b'{"_id": "a", "text": "fine"}\n\xff\xfe\n')
    with pytest.raises(DataError, match=r"corpus.jsonl:2: not UTF-8"):
        load_data(folder)


@pytest.mark.parametrize("missing", ["corpus.jsonl", "queries.jsonl"])
def test_a_missing_file_is_named(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(DataError, match=f"{missing} .* is missing"):
        load_data(folder)


def test_an_unknown_split_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match=r"qrels/dev.tsv .* is missing"):
        load_data(folder, "dev")


def test_a_damaged_gz_is_named(folder: Path) -> None:
    text = (folder / "corpus.jsonl").read_bytes() * 50
    packed = bytearray(gzip.compress(text))
    packed[30:32] = bytes(byte ^ 0xFF for byte in packed[30:32])
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus.jsonl.gz").write_bytes(packed)
    with pytest.raises(DataError, match=r"corpus\.jsonl\.gz:\d+: cannot be read"):
        load_data(folder)


def test_half_of_a_character_is_named(folder: Path) -> None:
    lines = (folder / "corpus.jsonl").read_text().splitlines()
    lines[2] = json.dumps({"_id": "rule-02", "text": "a \ud83d b"})
    (folder / "corpus.jsonl").write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"corpus\.jsonl:3: holds half of a character"):
        load_data(folder)
    lines[2] = json.dumps({"_id": "rule-02", "text": "a \U0001f600 b"})
    (folder / "corpus.jsonl").write_text("\n".join(lines))
    assert load_data(folder).corpus[2].text == "a \U0001f600 b"


def test_trec_judgements_may_be_packed_too(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").unlink()
    packed = folder / "qrels" / "test.qrels.gz"
    packed.write_bytes(gzip.compress(b"q07 0 rule-07 1\n"))
    assert [question.question_id for question in load_data(folder).judged] == ["q07"]
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"test\.qrels\.gz: cannot be read"):
        load_data(folder)


def test_files_that_judge_nothing_are_no_split(folder: Path) -> None:
    (folder / "qrels" / ".DS_Store").touch()
    (folder / "qrels" / "test.tsv").rename(folder / "qrels" / "our.own.tsv")
    assert load_data(folder).split == "our.own"


def test_the_fingerprint_follows_texts_and_ids_not_their_order(folder: Path) -> None:
    before = load_data(folder).fingerprint()
    lines = (folder / "corpus.jsonl").read_text().splitlines()
    (folder / "corpus.jsonl").write_text("\n".join(reversed(lines)))
    assert load_data(folder).fingerprint() == before
    (folder / "corpus.jsonl").write_text("\n".join(lines).replace("bar", "baz", 1))
    assert load_data(folder).fingerprint() != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("corpus.jsonl", '"title": ""', '"title": "New"'),
        ("qrels/test.tsv", "rule-07\t1", "rule-08\t1"),
        ("queries.jsonl", '"text": "', '"text": "so '),
        ("answers.jsonl", '"answers": ["', '"answers": ["so '),
        ("unanswerable.jsonl", "zebra number 3", "zebra number 33"),
        ("queries.jsonl", '"half": "first"', '"as_of": "2024-01-31"'),
        ("queries.jsonl", '"half": "first"', '"history": [{"question": "before?"}]'),
        ("unanswerable.jsonl", '"text": "', '"metadata": {"groups": ["hr"]}, "text": "'),
    ],
)
def test_the_fingerprint_of_the_test_follows_titles_questions_and_judgements(
    folder: Path, file: str, old: str, new: str
) -> None:
    before = load_data(folder)
    (folder / file).write_text((folder / file).read_text().replace(old, new, 1))
    after = load_data(folder)
    assert after.fingerprint() == before.fingerprint()
    assert after.test_fingerprint() != before.test_fingerprint()


def test_questions_without_judgements_join_for_their_answers(folder: Path) -> None:
    write_lines(
        folder / "doc_questions.jsonl",
        [{"_id": "d1", "text": "what?", "answers": ["x"], "must_hold": ["y"], "split": "test"}],
    )
    data = load_data(folder)
    assert data.questions[-1].must_hold == ("y",)
    assert len(data.judged) == 60


@pytest.mark.parametrize(
    ("text_id", "metadata", "document"),
    [
        ("contract-12", {}, "contract"),
        ("d1a2.v2.p0003", {}, "d1a2"),
        ("Act/p1-0", {}, "Act"),
        ("4983", {}, "Title"),
        ("contract-12", {"document_id": "other"}, "other"),
    ],
)
def test_a_text_knows_its_document(text_id: str, metadata: dict[str, str], document: str) -> None:
    assert CorpusText(text_id, "Title", "text", metadata).document == document
