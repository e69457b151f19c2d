"""Tuning the generator: what it is taught to say, one whole run on a tiny set, and what is loaded afterwards."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch

from assistant.adapter import Adapter
from assistant.tune import Base, TuneConfig, tune_generator
from assistant.tuning.examples import REFUSAL, DrawConfig, draw, read_recipe
from assistant.tuning.targets import holds, target
from assistant.tuning.training import Encoded, TrainingConfig, in_batches, reply_loss
from retrieval.basemodel import open_weights
from retrieval.errors import ModelUnavailable, WeightsDamaged, WrongUsage
from retrieval.tuning.collection import read_collection
from tests.fakes import WordEncoder
from tests.retrieval.test_tune import write_beir


def test_a_target_is_the_sentence_without_what_was_not_asked() -> None:
    sentence = (
        "4.2 However, the notice period (see section 9) is three months, which both sides may shorten in writing."
    )
    assert target("How long is the notice period?", sentence) == "The notice period is three months."


def test_a_target_keeps_its_condition() -> None:
    sentence = "Staff can work from home two days a week, but only if their manager agrees in writing."
    assert "if their manager agrees" in target("How often can I work from home?", sentence)


def test_a_target_holds_the_gold_answer() -> None:
    sentence = "Hotels cost at most 165 euros in Dublin; elsewhere the limit is 140 euros a night."
    assert "140" in target("What is the limit elsewhere?", sentence, answers=["140 euros"])
    assert target("What is the limit elsewhere?", sentence, answers=["90 euros"]) == ""


def test_a_sentence_that_cannot_stand_alone_is_no_target() -> None:
    assert target("How long is it kept?", "It is kept for three years after the contract ends.") == ""
    assert target("What do I bring?", "On the first day you bring the following papers with you:") == ""


def test_an_answer_is_held_whatever_its_case_and_articles() -> None:
    assert holds("The committee meets on the first Monday.", ["First monday"])
    assert not holds("The committee meets on Mondays.", ["First Monday"])


def test_examples_are_train_questions_over_the_evidence_they_would_get(tmp_path: Path) -> None:
    collection = read_collection(write_beir(tmp_path / "rules"))
    answers = {"leave": "five unused days", "notice": "three months", "expenses": "30 days"}
    rows = [json.dumps({"query_id": f"q-{key}", "answers": [answer]}) for key, answer in answers.items()]
    (tmp_path / "rules" / "answers.jsonl").write_text("\n".join(rows))
    collection = read_collection(tmp_path / "rules")
    examples, dev = draw(collection, WordEncoder(), DrawConfig(asked=10, refusals=1), dev=3)
    replies = {example.prompt[1]["content"].rpartition("Question: ")[2]: example.reply for example in examples}
    assert "five unused days" in replies["How many unused leave days can I carry over?"]
    assert [example.reply for example in examples if example.kind == "refusal"] == [REFUSAL]
    assert all("Evidence:\n1. " in example.prompt[1]["content"] for example in examples)
    assert dev == []  # its dev questions have no gold answer


def test_a_recipe_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.json").write_text('{"rules": {"asked": 3, "colour": 1}}')
    with pytest.raises(WrongUsage, match="DrawConfig"):
        read_recipe(tmp_path / "recipe.json")


def test_batches_hold_every_example_once_and_lengths_that_are_near() -> None:
    random = Random(1)
    encoded = [Encoded(tuple(range(random.randrange(5, 90))), (1, 2)) for _ in range(40)]
    batches = in_batches(encoded, TrainingConfig(batch=4))
    assert sorted(len(one) for batch in batches for one in batch) == sorted(map(len, encoded))
    assert max(len(batch[-1]) - len(batch[0]) for batch in batches) < 25


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A random model of two narrow layers, with a tokenizer of words."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("base")
    words = Tokenizer(models.WordLevel(unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.train_from_iterator(
        ["Evidence Question employees may carry over unused days notice three months the a is of 1 2 3 4 ."],
        trainers.WordLevelTrainer(special_tokens=["<unk>", "<end>"]),
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<end>", unk_token="<unk>")
    tokenizer.chat_template = (
        "{% for message in messages %}{{ message['role'] + ' ' + message['content'] + ' <end> ' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'assistant ' }}{% endif %}"
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, eos_token_id=1, bos_token_id=1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return Base(folder, "tiny", "Apache-2.0", "0" * 64)


def test_sharing_the_prompts_beginning_does_not_change_the_loss(base: Base) -> None:
    model, _ = open_weights(base.folder)
    batch = [Encoded((3, 4, 5, 6, 7), (8, 9, 1)), Encoded((3, 4, 5, 8, 2, 9, 4), (5, 1))]
    losses = []
    with torch.inference_mode():
        for one in batch:
            logits = model(torch.tensor([[*one.prompt, *one.reply]])).logits[0, len(one.prompt) - 1 : -1]
            losses.append(torch.nn.functional.cross_entropy(logits, torch.tensor(one.reply), reduction="sum"))
        assert reply_loss(model, batch).item() == pytest.approx((sum(losses) / 5).item(), rel=1e-5)


TINY = TuneConfig(
    name="tiny-adapter",
    draw=DrawConfig(asked=8, made=8, refusals=1, least_held=0.3),
    training=TrainingConfig(steps=6, batch=2, rank=2, layers=1, learning_rate=0.05, checkpoint_steps=3),
)


def tuned(tmp_path: Path, base: Base, config: TuneConfig = TINY) -> Path:
    out = tmp_path / "adapter"
    tune_generator([write_beir(tmp_path / "rules")], WordEncoder(), base, out, config)
    return out


def test_a_run_writes_an_adapter_that_changes_what_the_model_says(tmp_path: Path, base: Base) -> None:
    adapter = Adapter.read(tuned(tmp_path, base))
    assert (adapter.name, adapter.base) == ("tiny-adapter", base.sha256)
    assert "made" in (adapter.folder / "README.md").read_text()
    plain, _ = open_weights(base.folder)
    merged, _ = open_weights(base.folder)
    adapter.merge_into(merged)
    changed = {
        name
        for (name, one), (_, other) in zip(plain.named_parameters(), merged.named_parameters(), strict=True)
        if not torch.equal(one, other)
    }
    assert {name.split(".")[2] for name in changed} == {"1"}  # the upper layer alone
    assert len(changed) == 7


def test_merging_gives_what_peft_gives(tmp_path: Path, base: Base) -> None:
    import warnings

    from peft import PeftModel

    folder = tuned(tmp_path, base)
    merged, _ = open_weights(base.folder)
    Adapter.read(folder).merge_into(merged)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        theirs = PeftModel.from_pretrained(open_weights(base.folder)[0], folder).eval()
    ids = torch.tensor([[3, 4, 5, 6]])
    with torch.inference_mode():
        assert torch.allclose(merged(ids).logits, theirs(ids).logits, atol=1e-4)


def test_a_stopped_run_goes_on_from_its_checkpoint(tmp_path: Path, base: Base) -> None:
    first = replace(TINY, training=replace(TINY.training, steps=3))
    out = tmp_path / "adapter"
    data = write_beir(tmp_path / "rules")
    tune_generator([data], WordEncoder(), base, out, first)
    seen: list[int] = []
    tune_generator(
        [data], WordEncoder(), base, out, TINY,
        report=lambda what, done, _total: seen.append(done) if what.startswith("training") else None,
    )  # fmt: skip
    assert seen == [6]


def test_a_run_on_other_data_with_another_seed_or_of_another_kind_is_refused(tmp_path: Path, base: Base) -> None:
    out = tuned(tmp_path, base)
    other = write_beir(tmp_path / "others", train=4)
    with pytest.raises(WrongUsage, match=r"other data; choose another --out, or remove .*run to start again"):
        tune_generator([other], WordEncoder(), base, out, TINY)
    seeded = replace(TINY, training=replace(TINY.training, seed=8))
    with pytest.raises(WrongUsage, match="other settings and another seed"):
        tune_generator([tmp_path / "rules"], WordEncoder(), base, out, seeded)
    with pytest.raises(WrongUsage, match="other start weights"):
        tune_generator([tmp_path / "rules"], WordEncoder(), replace(base, sha256="1" * 64), out, TINY)
    (tmp_path / "reader").mkdir()
    (tmp_path / "reader" / "manifest.json").write_text('{"kind": "reader", "files": {}}')
    with pytest.raises(ModelUnavailable, match="holds a reader, not weights of the kind adapter"):
        tune_generator([other], WordEncoder(), base, tmp_path / "reader", TINY)
    shutil.rmtree(out / "run")
    tune_generator([other], WordEncoder(), base, out, TINY)


def test_an_adapter_may_be_read_by_whom_the_umask_lets(tmp_path: Path, base: Base) -> None:
    out = tuned(tmp_path, base)
    modes = {path.name: path.stat().st_mode for path in out.iterdir() if path.is_file()}
    assert modes["adapter_model.safetensors"] == modes["README.md"]


def test_data_without_anything_to_learn_is_refused(tmp_path: Path, base: Base) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.md").write_text(
        "# Title\n\nNothing here but words, words, more words, other words and no sentence\n"
    )
    with pytest.raises(WrongUsage, match="no example could be drawn"):
        tune_generator([tmp_path / "empty"], WordEncoder(), base, tmp_path / "out", TINY)


def test_a_damaged_adapter_is_said(tmp_path: Path, base: Base) -> None:
    folder = tuned(tmp_path, base)
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(WeightsDamaged, match="differs from its manifest"):
        Adapter.read(folder)


def test_an_adapter_for_other_weights_is_refused_by_name(tmp_path: Path, base: Base) -> None:
    folder = tuned(tmp_path, base)
    assert Adapter.chosen(str(folder), base.sha256) is not None
    with pytest.raises(ModelUnavailable, match="was trained for weights 000000000000"):
        Adapter.chosen(str(folder), "1" * 64)
    assert Adapter.chosen("none", base.sha256) is None
    with pytest.raises(ModelUnavailable, match="holds no adapter"):
        Adapter.chosen(str(tmp_path / "nowhere"), base.sha256)
