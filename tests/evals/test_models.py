"""Results name the weights that they were measured with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.adapter import SHIPPED as ADAPTER
from assistant.confidence import load_confidence
from assistant.config import read_settings
from assistant.model import DEFAULT_MODEL, DEFAULT_SHA256
from evals.models import Models, fingerprints
from retrieval.models import ENCODER
from retrieval.weightfolder import SHIPPED, fingerprint
from tests.fakes import OverlapReader, OverlapReranker, WordEncoder

MODELS = Models(WordEncoder(), OverlapReranker(), OverlapReader())


def test_what_is_in_use_is_named_by_its_weights() -> None:
    found = fingerprints(MODELS, read_settings(None, {}), model=DEFAULT_MODEL)
    assert found.pop("confidence")
    assert found == {
        "adapter": fingerprint(ADAPTER)[:12],
        "encoder": ENCODER.files["model.safetensors"][:12],
        "generator": DEFAULT_SHA256[:12],
        "reader": fingerprint(SHIPPED / "reader")[:12],
        "reranker": fingerprint(SHIPPED / "reranker")[:12],
    }


def test_what_is_not_in_use_is_not_named(tmp_path: Path) -> None:
    settings = read_settings(None, {"POLICYDESK_ENCODER": str(tmp_path / "mine"), "POLICYDESK_ADAPTER": "none"})
    assert set(fingerprints(Models(WordEncoder(), None), settings)) == {"confidence", "encoder"}
    assert fingerprints(Models(WordEncoder(), None), settings)["encoder"] == "mine"
    assert fingerprints(None, settings, model=DEFAULT_MODEL) == {"generator": DEFAULT_SHA256[:12]}
    elsewhere = replace(settings, model_url="http://model.invalid")
    assert fingerprints(None, elsewhere, model="large") == {"generator": "large"}


@pytest.mark.parametrize("change", [{"threshold": 0.9}, {"unread": load_confidence().read}])
def test_another_confidence_has_another_fingerprint(change: dict[str, object]) -> None:
    settings = read_settings(None, {})
    other = replace(MODELS, confidence=replace(load_confidence(), **change))  # type: ignore[arg-type]
    assert fingerprints(other, settings)["confidence"] != fingerprints(MODELS, settings)["confidence"]
