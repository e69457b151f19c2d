"""What can go wrong with a corpus, as a tree::

CorpusError            a file of the corpus is not as it should be; the message names the file
└── GoldNotFound       a question's quotation stands in no passage
"""

from __future__ import annotations


class CorpusError(ValueError):
    """A one-line message: file, what was expected, what was found."""


class GoldNotFound(CorpusError):
    pass
