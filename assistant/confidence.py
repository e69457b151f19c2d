"""Confidence: one probability that what was found answers the question. It decides whether to answer at all.

Similarity of the evidence cannot tell a near-miss question from an answered one, for both use the documents' words; a reader
can, and says how likely each of the best passages answers, and a verifier reads the best of those once more. A question whose
answer stands somewhere also has one passage that stands out. ``policydesk tune confidence`` fits the weights and chooses the thresholds
(decision 20): one below which to refuse, and one below which an answer says that it may be none (decision 24).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from assistant.config import Settings
from assistant.evidence import EvidenceSentence
from retrieval.errors import WeightsDamaged
from retrieval.language import language_of
from retrieval.records import Hit
from retrieval.terms import terms
from retrieval.weightfolder import SHIPPED as WEIGHTS
from retrieval.weightfolder import fingerprint, read_manifest

#: The folder in the package whose weights are loaded by default.
SHIPPED = Path(__file__).parent / "weights" / "confidence"
#: Passages that share this part of all their words are near-copies.
_NEARLY_ALL = 0.8


@dataclass(frozen=True, slots=True)
class Signs:
    """What was found, in four numbers."""

    similarity: float  #: of the sentence nearest to the question, under its headings
    answers: float  #: log of the odds that the passages answer, by the reader, added up over all that it has read apart
    margin: float  #: how far the best hit's score stands above the next one's; 0 for one hit
    verified: float = 0.0  #: log of the odds that one of the best passages answers, by the verifier: the highest

    @classmethod
    def of(cls, hits: Sequence[Hit], evidence: Sequence[EvidenceSentence]) -> Signs:
        """The signs of hits, best first, and of at least one sentence of them; what nobody has told is 0."""
        read = _apart(hits)
        verified = [one.reading.verified for one in hits if one.reading and one.reading.verified is not None]
        return cls(
            similarity=max(one.similarity for one in evidence),
            answers=float(np.logaddexp.reduce(read)) if read else 0.0,
            margin=hits[0].score - hits[1].score if len(hits) > 1 else 0.0,
            verified=max(verified, default=0.0),
        )


def _apart(hits: Sequence[Hit]) -> list[float]:
    """The reader's log-odds of each passage that it has read; of near-copies, such as two offices' wordings of one rule, the
    highest alone, because they say one thing."""
    counted: list[tuple[frozenset[str], float]] = []
    for hit in hits:
        if hit.reading is None:
            continue
        held, log_odds = frozenset(terms(hit.passage.text)), hit.reading.log_odds
        for at, (other, best) in enumerate(counted):
            if len(held & other) >= _NEARLY_ALL * max(len(held | other), 1):
                counted[at] = (other, max(best, log_odds))
                break
        else:
            counted.append((held, log_odds))
    return [log_odds for _, log_odds in counted]


@dataclass(frozen=True, slots=True)
class Layer:
    """A logistic layer over the signs: its weights."""

    bias: float
    similarity: float
    answers: float = 0.0
    margin: float = 0.0
    verified: float = 0.0

    def probability(self, signs: Signs) -> float:
        """The probability that what gave these signs answers."""
        log_odds = (
            self.bias
            + self.similarity * signs.similarity
            + self.answers * signs.answers
            + self.margin * signs.margin
            + self.verified * signs.verified
        )
        return float(1 / (1 + np.exp(-log_odds)))


@dataclass(frozen=True, slots=True)
class Confidence:
    """One layer for hits of which a verifier has read some, one for hits that only a reader has read, one for the others."""

    threshold: float  #: the probability below which to refuse
    read: Layer
    unread: Layer
    fitted_to: Mapping[str, str] = field(default_factory=dict)  #: see :func:`fingerprints`; empty where nobody said
    verified: Layer | None = None  #: None where it was fitted without a verifier
    sure: float = 0.0  #: the probability below which an answer is in doubt; at most the threshold: none is
    languages: frozenset[str] = frozenset()  #: that it was fitted to questions of, as codes; empty where nobody said

    def knows(self, *texts: str) -> bool:
        """Whether it was fitted to the languages of these texts: its probabilities say nothing about others."""
        return not self.languages or all(language_of(text) in self.languages for text in texts)

    def probability(self, hits: Sequence[Hit], evidence: Sequence[EvidenceSentence]) -> float:
        """The probability that the documents answer, 0 to 1; 0 without evidence.

        :param hits: all that search returned, best first.
        """
        if not evidence:
            return 0.0
        return self._layer(hits).probability(Signs.of(hits, evidence))

    def _layer(self, hits: Sequence[Hit]) -> Layer:
        readings = [hit.reading for hit in hits if hit.reading]
        if self.verified and any(one.verified is not None for one in readings):
            return self.verified
        return self.read if readings else self.unread


def load_confidence(name: str | None = None) -> Confidence:
    """The layers and the threshold that ship with Policydesk, or those in a folder.

    :param name: a folder written by ``policydesk tune confidence``.
    :raises ModelUnavailable: if the folder holds none.
    :raises WeightsDamaged: if what it holds is not what the command writes.
    """
    folder = SHIPPED if name is None else Path(name)
    manifest = read_manifest(folder, kind="confidence")
    try:
        layers = {
            kind: Layer(**{sign: float(weight) for sign, weight in manifest[kind].items()})
            for kind in ("read", "unread", *(["verified"] if "verified" in manifest else []))
        }
        return Confidence(
            float(manifest["threshold"]), fitted_to=dict(manifest.get("fitted_to", {})),
            sure=float(manifest.get("sure", 0.0)), languages=frozenset(manifest.get("languages", ())), **layers,
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        mend = (
            "restore the folder from the repository" if name is None else "write it again: policydesk tune confidence"
        )
        raise WeightsDamaged(f"{folder / 'manifest.json'} holds no layers and threshold ({error}); {mend}") from error


def fingerprints(settings: Settings) -> dict[str, str]:
    """What tells the encoder, the reranker and the reader of these settings from others.

    :raises WeightsDamaged: if a file differs from its manifest.
    """
    folders = {"reranker": settings.reranker, "reader": settings.reader, "verifier": settings.verifier}
    weights = {
        kind: "none" if named == "none" else fingerprint(Path(named) if named else WEIGHTS / kind)
        for kind, named in folders.items()
    }
    return {"encoder": settings.encoder, **weights}


def misfit(confidence: Confidence, settings: Settings) -> str | None:
    """What confidence was fitted beside that is not in service now, in a sentence that says what to do; None if all is.

    :raises WeightsDamaged: see :func:`fingerprints`.
    """
    now = fingerprints(settings)
    others = [kind for kind, known in confidence.fitted_to.items() if now.get(kind) != known]
    if not others:
        return None
    return (
        f"confidence was fitted to another {' and '.join(others)}; fit it again: policydesk tune confidence DATA --out FOLDER,"
        " then POLICYDESK_CONFIDENCE=FOLDER"
    )
