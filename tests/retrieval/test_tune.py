"""Tuning: what is read, what is made, what is chosen, and one whole run on a tiny set."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from retrieval.errors import ModelUnavailable, WrongUsage
from retrieval.records import Passage
from retrieval.tuning.collection import (
    Collection,
    Question,
    digest,
    locate,
    origins,
    read_collection,
    read_collections,
)
from retrieval.tuning.mining import MiningConfig, mine, misleading, read_recipe, reduced, spread
from retrieval.tuning.weak import weak_questions
from retrieval.tuning.weighing import choose
from tests.fakes import WordEncoder

RULES = {
    "leave": "Employees may carry over five unused days of annual leave until 31 March of the following year.",
    "notice": "The notice period during probation is two weeks and after probation it is three months for both sides.",
    "expenses": "Taxi rides must be approved by a manager and receipts must be handed in within 30 days of the trip.",
    "remote": "Staff can work from home up to two days a week if their manager agrees in writing beforehand.",
    "sick": "Employees must tell their manager before ten o'clock on the first day of sickness absence.",
    "laptop": "Lost laptops must be reported to the service desk within one hour by telephone, not by mail.",
    "gifts": "Gifts worth more than 50 euros from suppliers must not be accepted and are registered by compliance.",
    "training": "Every employee is entitled to five days of training each calendar year, paid by the company.",
}
ASKED = {
    "leave": "How many unused leave days can I carry over?", "notice": "How long is the notice period after probation?",
    "expenses": "When do I hand in taxi receipts?", "remote": "How often can I work from home?",
    "sick": "By when do I report sick?", "laptop": "I lost my laptop, what now?",
    "gifts": "May I accept a gift from a supplier?", "training": "How many training days do I get?",
}  # fmt: skip


def write_beir(folder: Path, *, train: int = 5) -> Path:
    """The rules above as a BEIR-layout folder: the first ``train`` questions train, the others dev, two unanswerable."""
    (folder / "qrels").mkdir(parents=True)
    lines = [json.dumps({"_id": key, "title": key.title(), "text": text}) for key, text in RULES.items()]
    (folder / "corpus.jsonl").write_text("\n".join(lines))
    (folder / "queries.jsonl").write_text(
        "\n".join(json.dumps({"_id": f"q-{key}", "text": ASKED[key]}) for key in ASKED)
    )
    for split, keys in (("train", list(ASKED)[:train]), ("dev", list(ASKED)[train:])):
        rows = "".join(f"q-{key}\t{key}\t1\n" for key in keys)
        (folder / "qrels" / f"{split}.tsv").write_text(f"query-id\tcorpus-id\tscore\n{rows}")
    nothing = [
        {"_id": "u1", "text": "How many days of leave can be bought?", "split": "train", "asked_against": ["leave"]},
        {"_id": "u2", "text": "Does the company pay for parking?", "split": "dev", "asked_against": ["expenses"]},
    ]
    (folder / "unanswerable.jsonl").write_text("\n".join(json.dumps(row) for row in nothing))
    return folder


def passages() -> list[Passage]:
    return [Passage(key, key, key, key.title(), "a.md", text) for key, text in RULES.items()]


def test_lessons_are_asked_of_the_sections_that_hold_their_quotes(tmp_path: Path) -> None:
    (tmp_path / "rules" / "documents").mkdir(parents=True)
    (tmp_path / "rules" / "documents" / "leave.md").write_text(
        "# Leave\n\n## Lapse\n\nUnused days lapse on **31 March** of the next year, at midnight.\n\n"
        "## Who decides\n\nThe line manager decides within five working days of asking.\n",
        encoding="utf-8",
    )
    rows = [
        {"file": "leave.md", "answer": "Unused days lapse on 31 March", "asked": ["when do days lapse", "lapse date?"]},
        {"file": "leave.md", "near": "The line manager decides", "asked": ["can HR decide?"], "split": "dev"},
        {"file": "leave.md", "answer": "Words that no section holds", "asked": ["what?"]},
    ]
    (tmp_path / "rules" / "lessons.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    collection = read_collection(tmp_path / "rules")
    lapse, decides = collection.passages
    assert lapse.section_path == ("Leave", "Lapse")
    assert [(one.text, one.split, one.positives, one.against) for one in collection.questions] == [
        ("when do days lapse", "train", {lapse.passage_id}, ()),
        ("lapse date?", "train", {lapse.passage_id}, ()),
        ("can HR decide?", "dev", frozenset(), (decides.passage_id,)),
    ]
    assert collection.questions[0].answers == ("Unused days lapse on 31 March",)


@pytest.mark.parametrize(
    "wrong",
    [{"asked": ["when?"]}, {"answer": 5, "asked": ["when?"]}, {"near": "Days lapse", "asked": "when?"},
     {"near": ["Days lapse", 1], "asked": ["when?"]}, {"answer": "Days lapse", "asked": []}],
)  # fmt: skip
def test_a_lesson_of_another_shape_is_named(tmp_path: Path, wrong: dict[str, object]) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "lessons.jsonl").write_text(json.dumps({"file": "leave.md", **wrong}), encoding="utf-8")
    with pytest.raises(WrongUsage, match=r"lessons\.jsonl: lesson 1 needs a list of questions in 'asked'"):
        read_collection(tmp_path)


def test_a_beir_folder_is_read_with_what_nothing_answers(tmp_path: Path) -> None:
    collection = read_collection(write_beir(tmp_path / "rules"))
    assert len(collection.passages) == 8
    assert [question.positives for question in collection.split("dev") if question.answerable] == [
        {"laptop"}, {"gifts"}, {"training"},
    ]  # fmt: skip
    assert [question.against for question in collection.split("train") if not question.answerable] == [("leave",)]


def test_askers_and_particulars_are_kept_for_asking_and_follow_ups_are_not_learned_from(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "leave.md").write_text(f"# Leave\n\n{RULES['leave']}\n")
    catalog = [{"file": "leave.md", "effective_from": "2024-07-01", "jurisdiction": "DE", "audience": ["hr"]}]
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    gold = [{"file": "leave.md", "quote": RULES["leave"]}]
    rows = [
        {"_id": "q1", "text": ASKED["leave"], "gold": gold, "jurisdiction": "DE", "as_of": "2024-08-01"},
        {"_id": "q2", "text": "And next year?", "gold": gold, "history": [{"question": "Is leave kept?"}]},
    ]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    asked, learned = read_collection(tmp_path, in_service=True), read_collection(tmp_path)
    assert [one.question_id for one in asked.questions] == ["q1", "q2"]
    assert asked.questions[0].metadata == {"jurisdiction": "DE", "as_of": "2024-08-01"}
    assert str(asked.passages[0].effective_from) == "2024-07-01"
    assert asked.passages[0].audience == {"hr"}
    assert [one.question_id for one in learned.questions] == ["q1"]
    assert learned.passages[0].audience == frozenset()  # learned from all the same
    (tmp_path / "catalog.json").write_text("[1]")
    with pytest.raises(WrongUsage, match=r"catalog\.json: not a list of objects"):
        read_collection(tmp_path)


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    write_beir(tmp_path)
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1"}\n')
    with pytest.raises(WrongUsage, match=r"queries\.jsonl:1: field 'text' is missing"):
        read_collection(tmp_path)


def test_a_judgement_of_an_unknown_question_is_named(tmp_path: Path) -> None:
    write_beir(tmp_path)
    (tmp_path / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nnobody\tleave\t1\n")
    with pytest.raises(WrongUsage, match=r"dev\.tsv:2"):
        read_collection(tmp_path)


def test_trecs_judgements_are_learned_from_too(tmp_path: Path) -> None:
    folder = write_beir(tmp_path)
    plain = read_collection(folder)
    for split in ("dev", "train"):
        rows = (folder / "qrels" / f"{split}.tsv").read_text().splitlines()[1:]
        (folder / "qrels" / f"{split}.tsv").unlink()
        text = "".join(f"{question} 0 {passage} {score}\n" for question, passage, score in map(str.split, rows))
        (folder / "qrels" / f"{split}.qrels.gz").write_bytes(gzip.compress(text.encode()))
    assert read_collection(folder).questions == plain.questions


def test_judgements_without_a_header_lose_none(tmp_path: Path) -> None:
    folder = write_beir(tmp_path)
    plain = read_collection(folder)
    path = folder / "qrels" / "train.tsv"
    path.write_text(path.read_text().partition("\n")[2])
    assert read_collection(folder).questions == plain.questions


def test_a_passage_is_of_the_document_that_its_metadata_names(tmp_path: Path) -> None:
    rows = [
        {"_id": "a", "title": "Notice", "text": RULES["notice"], "metadata": {"document_id": "lease", "page": 1}},
        {"_id": "contract-12", "title": "Notice", "text": RULES["notice"]},
        {"_id": "b", "title": "Notice", "text": RULES["notice"]},
    ]
    write_beir(tmp_path)
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    for split in ("train", "dev"):
        (tmp_path / "qrels" / f"{split}.tsv").unlink()
    assert [one.document_id for one in read_collection(tmp_path).passages] == ["lease", "contract", "Notice"]


def test_what_of_a_library_is_not_learned_from_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "pay.docx").touch()
    (tmp_path / "questions").mkdir()  # as in corpora/sample
    rows = [
        {"_id": "q1", "text": ASKED["leave"], "gold": [{"file": "leave.md", "quote": RULES["leave"]}]},
        {"_id": "q2", "text": "Who is paid?", "gold": [{"file": "pay.docx", "quote": "Everybody is paid."}]},
    ]
    (tmp_path / "questions" / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(WrongUsage, match="documents holds no Markdown file, and only those are learned from"):
        read_collection(tmp_path)
    (tmp_path / "documents" / "leave.md").write_text(f"# Leave\n\n{RULES['leave']}\n")
    assert [one.question_id for one in read_collection(tmp_path).questions] == ["q1"]
    assert "1 lines stand in no Markdown file of documents/, and these are left out: q2 (pay.docx)" in caplog.text


def broken(folder: Path, file: str, lines: list[bytes]) -> Path:
    """A folder with lines of another kind at the end of one of its files."""
    write_beir(folder)
    path = folder / file
    path.write_bytes(b"\n".join([path.read_bytes().rstrip(b"\n") if path.exists() else b"", *lines]).lstrip(b"\n"))
    return folder


@pytest.mark.parametrize(
    ("file", "line", "says"),
    [
        ("qrels/dev.tsv", b"q-gifts\tgifts\tyes", r"dev\.tsv:5: expected query-id, corpus-id, score"),
        ("qrels/dev.tsv", b"q-gifts\tcats\t1", r"dev\.tsv:5: corpus\.jsonl holds no 'cats'"),
        ("qrels/dev.tsv", b"q-gifts\tgifts\t" + b"\xfc", r"dev\.tsv:5: not UTF-8"),
        ("corpus.jsonl", b"5", r"corpus\.jsonl:9: not a JSON object, but '5'"),
        ("corpus.jsonl", b'{"_id": "x", "text": null}', r"corpus\.jsonl:9: field 'text' is not a text"),
        ("corpus.jsonl", b'{"_id": "x", "text": "Geb\xfchren"}', r"corpus\.jsonl:9: not UTF-8"),
        ("corpus.jsonl", b'{"_id": null, "text": "Fees"}', r"corpus\.jsonl:9: field '_id' is not a text or a number"),
        ("corpus.jsonl", b'{"_id": "leave", "text": "again"}', r"corpus\.jsonl:9: the id 'leave' is used twice"),
        ("queries.jsonl", b"{", r"queries\.jsonl:9: not a JSON object"),
        (
            "answers.jsonl",
            b'{"query_id": "q-gifts", "answers": "none"}',
            r"answers\.jsonl:1: field 'answers' is not a list",
        ),
        (
            "unanswerable.jsonl",
            b'{"_id": 1, "text": "?", "split": null}',
            r"able\.jsonl:3: field 'split' is not a text",
        ),
        (
            "unanswerable.jsonl",
            b'{"_id": 1, "text": "?", "split": "dev", "asked_against": 3}',
            "'asked_against' is not",
        ),
    ],
)
def test_a_line_of_another_kind_is_named(tmp_path: Path, file: str, line: bytes, says: str) -> None:
    with pytest.raises(WrongUsage, match=says):
        read_collection(broken(tmp_path / "rules", file, [line]))


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"{}\n" * 9)[:-9]])
def test_a_file_that_only_seems_gzipped_is_named(tmp_path: Path, content: bytes) -> None:
    write_beir(tmp_path)
    (tmp_path / "corpus.jsonl").unlink()
    (tmp_path / "corpus.jsonl.gz").write_bytes(content)
    with pytest.raises(WrongUsage, match=r"corpus\.jsonl\.gz:\d+: "):
        read_collection(tmp_path)


def test_a_source_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "SOURCE.json").write_text("CC0")
    with pytest.raises(WrongUsage, match=r"SOURCE\.json: not a JSON object"):
        origins([tmp_path])


def test_the_folder_one_is_in_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_beir(tmp_path / "rules"))
    assert read_collection(Path()).name == read_collection(Path("qrels/..")).name == "rules"
    assert list(origins([Path()])) == ["rules"]


def test_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    folders = [write_beir(tmp_path / side / "questions") for side in ("hr", "legal")]
    with pytest.raises(WrongUsage, match="two folders are called questions; give one of them another name"):
        read_collections(folders)


def test_a_digest_tells_what_is_learned_from(tmp_path: Path) -> None:
    one = write_beir(tmp_path / "rules")
    before = digest(read_collections([one]))
    (one / "NOTES.txt").write_text("Nothing is learned from this.")
    assert digest(read_collections([one])) == before
    (one / "qrels" / "train.tsv").write_text("query-id\tcorpus-id\tscore\nq-gifts\tgifts\t1\n")
    assert digest(read_collections([one])) != before


def test_markdown_is_cut_at_its_headings(tmp_path: Path) -> None:
    (tmp_path / "leave.md").write_text(
        f"---\ntitle: Leave\n---\n# Leave\n\n## Carry-over\n\n{RULES['leave']}\n\n## Notice\n\n{RULES['notice']}\n"
    )
    found = read_collection(tmp_path).passages
    assert [passage.section_path for passage in found] == [("Leave", "Carry-over"), ("Leave", "Notice")]
    assert found[0].text == RULES["leave"]


def test_a_folder_with_nothing_to_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="neither"):
        read_collection(tmp_path)


def test_an_answer_is_located_by_its_words() -> None:
    assert locate("Employees may carry over five unused days of annual leave until March", passages()) == {"leave"}
    assert locate("Parking costs are paid by visitors themselves every quarter", passages()) == frozenset()


def test_made_questions_follow_the_seed_and_keep_to_the_limit() -> None:
    made = weak_questions(passages(), limit=6, seed=3)
    assert made == weak_questions(passages(), limit=6, seed=3)
    assert made != weak_questions(passages(), limit=6, seed=4)
    assert len(made) == 6
    assert {question.passage_id for question in made} <= set(RULES)


def test_questions_of_one_template_are_capped() -> None:
    same = [
        Question(f"q{n}", f"Contract {n}: does the agreement limit the liability of either party?", "train")
        for n in range(9)
    ]
    other = Question("other", "When is the rent due?", "train")
    kept = spread([*same, other], 100, 3, Random(1))
    assert len(kept) == 4
    assert other in kept


def test_a_large_collection_keeps_whole_documents_that_answer() -> None:
    many = tuple(Passage(f"d{d}-{p}", f"d{d}", f"d{d}", "", "", "text") for d in range(10) for p in range(5))
    questions = (Question("q", "?", "train", frozenset({"d7-3"})),)
    kept = reduced(Collection("many", many, questions), 10, Random(1))
    assert len(kept.passages) == 10
    assert {"d7-0", "d7-3", "d7-4"} <= {passage.passage_id for passage in kept.passages}


def test_a_group_holds_one_positive_and_no_other_answer() -> None:
    questions = (Question("q", ASKED["leave"], "train", frozenset({"leave", "training"})),)
    (group, *_) = mine([Collection("rules", tuple(passages()), questions)], WordEncoder(), MiningConfig(made=0))
    assert [candidate.positive for candidate in group.candidates] == [True, False, False, False, False]
    assert len({"leave", "training"} & {candidate.passage_id for candidate in group.candidates}) == 1


def test_a_question_made_from_the_only_passage_teaches_nothing() -> None:
    text = " ".join(RULES.values())
    one = [Passage("p", "p", "p", "Rules", "a.md", text)]
    config = MiningConfig(least_alike=0.0)
    assert weak_questions(one, limit=9, seed=config.seed)
    assert list(mine([Collection("rules", tuple(one))], WordEncoder(), config)) == []


def test_dev_questions_are_held_out() -> None:
    questions = (
        Question("q", ASKED["leave"], "train", frozenset({"leave"})),
        Question("d", ASKED["gifts"], "dev", frozenset({"gifts"})),
    )
    found = list(mine([Collection("rules", tuple(passages()), questions)], WordEncoder(), MiningConfig(made=0)))
    assert [(group.question, group.held_out) for group in found] == [(ASKED["leave"], False), (ASKED["gifts"], True)]


def test_negatives_of_the_answering_document_are_found_in_a_large_library() -> None:
    own = [Passage(f"own-{key}", "own", "own", "", "", text) for key, text in RULES.items()]
    others = [Passage(f"o{n}", f"o{n}", f"o{n}", "", "", f"{ASKED['leave']} {n}") for n in range(50)]
    questions = (Question("q", ASKED["leave"], "train", frozenset({"own-leave"})),)
    config = MiningConfig(made=0, pool=5, across=False)
    (group,) = mine([Collection("rules", (*own, *others), questions)], WordEncoder(), config)
    assert len(group.candidates) == 5
    assert {candidate.passage_id.split("-")[0] for candidate in group.candidates} == {"own"}


def test_negatives_may_be_kept_to_the_document_that_answers() -> None:
    held = [
        Passage(f"{document}-{key}", document, document, "", "", text)
        for document in ("one", "two")
        for key, text in RULES.items()
    ]
    questions = (Question("q", ASKED["leave"], "train", frozenset({"one-leave"})),)
    for across, documents in ((False, {"one"}), (True, {"one", "two"})):
        config = MiningConfig(made=0, negatives=6, across=across, too_alike=2.0)
        (group,) = mine([Collection("rules", tuple(held), questions)], WordEncoder(), config)
        assert {candidate.passage_id.split("-")[0] for candidate in group.candidates} == documents


def test_what_search_brings_besides_the_answer_is_misleading() -> None:
    rules = Collection("rules", tuple(passages()))
    question = Question("q", ASKED["leave"], "train", frozenset({"leave"}))
    unanswered = Question("u", ASKED["leave"], "train", against=("leave",))
    found = misleading(rules, [question, unanswered], WordEncoder(), across=True, k=3)
    assert set(found) == {"q"}
    assert found["q"]
    assert "leave" not in found["q"]
    # Each rule is a document of its own, so nothing else stands in the one that answers.
    assert misleading(rules, [question], WordEncoder(), across=False, k=3) == {}


def test_a_weight_that_hurts_one_set_is_not_paid_for_by_another() -> None:
    def measure(weight: float) -> Mapping[str, float]:
        return {"gains": 0.5 + 0.1 * weight, "loses": 0.5 - 0.05 * max(weight - 1, 0)}

    choice = choose((0.0, 1.0, 2.0), measure, {"gains": 0.5, "loses": 0.5})
    assert choice.weight == 1.0
    assert choice.measured == {"gains": 0.6, "loses": 0.5}
    assert choice.left_out == {"gains": 0.5, "loses": 0.45}


def test_a_recipe_names_fields_that_exist(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text('{"rules": {"negatives": 2}}')
    assert read_recipe(tmp_path / "recipe.json") == {"rules": MiningConfig(negatives=2)}
    (tmp_path / "recipe.json").write_text('{"rules": {"colour": 2}}')
    with pytest.raises(WrongUsage, match=r"is not a recipe .*rules: there is no 'colour', but negatives, pool"):
        read_recipe(tmp_path / "recipe.json")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ('{"negatives": "2"}', "'negatives' is '2', expected a whole number from 0"),
        ('{"negatives": 2.5}', "'negatives' is 2.5, expected a whole number from 0"),
        ('{"made": -1}', "'made' is -1, expected a whole number from 0"),
        ('{"across": 0}', "'across' is 0, expected true or false"),
        ('{"too_alike": NaN}', "'too_alike' is nan, expected a number from 0"),
        ('"2"', "not an object of objects"),
    ],
)
def test_a_recipe_of_another_kind_is_refused(tmp_path: Path, fields: str, said: str) -> None:
    (tmp_path / "recipe.json").write_text(f'{{"rules": {fields}}}')
    with pytest.raises(WrongUsage, match=f"is not a recipe .*{said}"):
        read_recipe(tmp_path / "recipe.json")


def test_what_a_recipe_does_not_say_is_as_in_the_run(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text('{"rules": {"too_alike": 1}}')
    assert read_recipe(tmp_path / "recipe.json", MiningConfig(seed=9)) == {"rules": MiningConfig(seed=9, too_alike=1)}


@pytest.mark.model
def test_a_tiny_run_writes_weights_that_load_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    from retrieval.encoder import load_encoder
    from retrieval.fusion import load_fusion
    from retrieval.models import ENCODER, ModelCache
    from retrieval.rerank import load_reranker
    from retrieval.tune import TuneConfig, tune_reranker
    from retrieval.tuning.training import TrainingConfig

    data, out = write_beir(tmp_path / "rules"), tmp_path / "weights"
    mining = MiningConfig(negatives=3, made=14)
    encoder, folder = load_encoder(), ModelCache.default().require(ENCODER)
    reports: list[tuple[str, int, int]] = []
    for steps in (1, 2):
        training = TrainingConfig(steps=steps, groups=2, passage_tokens=48, checkpoint_steps=1)
        measures = tune_reranker(
            [data], encoder, folder, out, TuneConfig(mining=mining, training=training),
            report=lambda what, done, total: reports.append((what, done, total)),
        )  # fmt: skip
        assert "fusion.json" in json.loads((out / "manifest.json").read_text())["files"]
        assert load_reranker(str(out)), "also after the second run, which wrote another fusion"
    trained = [done for what, done, _ in reports if what.startswith("training")]
    assert trained == [1, 2]  # the second run did one step, not two
    assert measures["hybrid"]["rules"] >= max(measures["bm25"]["rules"], measures["dense"]["rules"])
    assert measures["reranked"]["rules"] >= measures["hybrid"]["rules"]
    reranker = load_reranker(str(out))
    assert reranker is not None
    assert reranker.score("leave", [RULES["leave"], RULES["gifts"]]).shape == (2,)
    assert load_fusion(out / "fusion.json").coverage_weight > 0
    card = (out / "README.md").read_text()
    assert "| rules |" in card
    assert "by mean reciprocal rank on held-out dev questions (2: " in card
    assert (out / "weights.safetensors").stat().st_size < 25e6


@pytest.mark.model
def test_training_goes_on_from_a_reranker(tmp_path: Path) -> None:
    import torch

    from retrieval.interaction import InteractionNetwork
    from retrieval.models import ENCODER, ModelCache
    from retrieval.tuning.training import TrainingConfig, train
    from retrieval.weightfolder import SHIPPED, fill

    folder = ModelCache.default().require(ENCODER)
    groups = list(mine([read_collection(write_beir(tmp_path / "rules"))], WordEncoder(), MiningConfig(negatives=3)))
    training = TrainingConfig(steps=1, groups=2, passage_tokens=48, learning_rate=0.0, head_learning_rate=0.0)
    trained, _ = train(groups, folder, tmp_path / "run", training, start_from=SHIPPED / "reranker")
    shipped = InteractionNetwork.from_encoder(folder)
    fill(shipped, SHIPPED / "reranker", kind="reranker")
    assert all(torch.equal(value, trained.state_dict()[name]) for name, value in shipped.state_dict().items())


@pytest.mark.model
def test_a_run_that_is_stopped_while_it_calibrates_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from retrieval import tune
    from retrieval.models import ENCODER, ModelCache
    from retrieval.rerank import load_reranker
    from retrieval.tuning.training import TrainingConfig

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    data, out = write_beir(tmp_path / "rules"), tmp_path / "weights"
    folder = ModelCache.default().require(ENCODER)
    mining = MiningConfig(negatives=3, made=0)

    def run(steps: int) -> None:
        training = TrainingConfig(steps=steps, groups=2, passage_tokens=48)
        tune.tune_reranker([data], WordEncoder(), folder, out, tune.TuneConfig(mining=mining, training=training))

    with monkeypatch.context() as patched:
        patched.setattr(tune, "calibrate_log_odds", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(1)
    assert not (out / "manifest.json").exists(), "weights that are not calibrated are none"
    run(1)
    monkeypatch.setattr(tune, "calibrate_log_odds", stopped)
    with pytest.raises(KeyboardInterrupt):
        run(2)
    assert load_reranker(str(out)), "the weights of the first run are whole"


def test_nothing_to_calibrate_on_is_said_before_the_training(tmp_path: Path) -> None:
    from retrieval.tune import TuneConfig, tune_reranker

    folder = write_beir(tmp_path / "rules")
    (folder / "qrels" / "dev.tsv").unlink()
    with pytest.raises(WrongUsage, match="no dev questions to calibrate on"):
        tune_reranker([folder], WordEncoder(), Path("untouched"), tmp_path / "out", TuneConfig())


def test_what_is_no_reranker_is_not_started_from(tmp_path: Path) -> None:
    from retrieval.tune import TuneConfig, tune_reranker
    from retrieval.weightfolder import SHIPPED

    with pytest.raises(ModelUnavailable, match="holds a reader"):
        tune_reranker([], WordEncoder(), Path("unused"), tmp_path, TuneConfig(start_from=SHIPPED / "reader"))
