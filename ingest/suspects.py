"""What in a document speaks to a language model instead of to its readers: hidden text, and sentences that give orders."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suspect:
    """A piece of text that people should look at before anybody is answered from it."""

    quote: str  #: as it stands in the file, at most 300 characters
    where: str  #: for people: "page 3", "4.2 Carry-over"; empty where the format does not say
    why: str  #: for people: "white text", "tells the model to ignore its instructions"
