"""What can go wrong in retrieval, as a tree::

PolicydeskError            every error a user may see; its message is one line that says what to do
├── WrongUsage             what was asked for makes no sense (exit code 2)
├── NotReady               something has to be done first (exit code 3)
│   ├── HomeInUse          another process is writing to the home
│   ├── HomeTooNew         the home was written by a newer Policydesk
│   ├── IndexEmpty         nothing has been ingested and published
│   ├── IndexDamaged       an index file differs from its manifest
│   ├── IndexMismatch      the index was built with another encoder
│   └── ModelUnavailable   weights are neither cached nor reachable
│       └── WeightsDamaged a weight file differs from its recorded sha256
├── PassageTooLong         a passage is longer than the encoder reads
└── DocumentRejected       a file that cannot be read (raised in ingest)
"""

from __future__ import annotations


class PolicydeskError(Exception):
    """An error with a one-line message that says what was found and what to do next."""

    exit_code = 1


class WrongUsage(PolicydeskError):
    exit_code = 2


class NotReady(PolicydeskError):
    exit_code = 3


class HomeInUse(NotReady):
    pass


class HomeTooNew(NotReady):
    pass


class IndexEmpty(NotReady):
    pass


class IndexDamaged(NotReady):
    pass


class IndexMismatch(NotReady):
    pass


class ModelUnavailable(NotReady):
    pass


class WeightsDamaged(ModelUnavailable):
    pass


class PassageTooLong(PolicydeskError):
    pass


class DocumentRejected(PolicydeskError):
    pass
