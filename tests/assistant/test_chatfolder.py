"""What is laid out for Chainlit before it is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_OPENED = """
import sys
from pathlib import Path
from assistant.chatfolder import prepare
from retrieval.home import Home
prepare(Home(Path(sys.argv[1])), session_key="a key for tests")
import assistant.app
print(sorted(name for name in sys.modules if name.startswith(("traceloop.", "opentelemetry.exporter"))))
"""


def test_chainlit_comes_without_the_kit_that_could_send_questions_away(tmp_path: Path) -> None:
    opened = subprocess.run(
        [sys.executable, "-c", _OPENED, str(tmp_path)], capture_output=True, text=True, timeout=120, check=True
    )
    assert opened.stdout.splitlines()[-1] == "['traceloop.sdk']"
