"""Imports go down only, and each big library comes in through its own door."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: From the top down: a package may import those behind it.
ORDER = ["evals", "assistant", "ingest", "retrieval"]
#: Library -> the files that may import it.
DOORS = {
    "unstructured": {"ingest/partition.py"},
    "pypdfium2": {"ingest/pdf.py", "ingest/pdfwords.py", "ingest/hiddenpdf.py"},
    "pdfplumber": {"ingest/pdf.py"},
    "faiss": {"retrieval/dense.py"},
    "sentence_transformers": {"retrieval/encoder.py", "retrieval/rerank.py"},
    "chainlit": {
        "assistant/app.py",
        "assistant/chatroutes.py",
        "assistant/elements.py",
        "assistant/history.py",
        "assistant/looking.py",
    },
    "langchain_core": {"retrieval/interop.py", "assistant/interop.py"},
}
#: Heavy libraries that no module may import at its top, so that `policydesk --help` is quick.
LATE = {
    "torch",
    "transformers",
    "sentence_transformers",
    "faiss",
    "unstructured",
    "spacy",
    "chainlit",
    "pypdfium2",
    "peft",
}


def modules() -> list[Path]:
    packages = [*ORDER, "corpora"]
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def imports(path: Path, *, top_level: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else list(ast.walk(tree))
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = set(ORDER) | {"corpora"}
    allowed = {package} if package == "corpora" else set(ORDER[ORDER.index(package) :]) | {"corpora"}
    assert imports(path) & ours <= allowed


@pytest.mark.parametrize("library", DOORS)
def test_library_enters_through_its_door(library: str) -> None:
    found = {str(path.relative_to(ROOT)) for path in modules() if library in imports(path)}
    found = {path for path in found if not path.startswith("evals/")}  # the bench builds other people's stacks
    assert found <= DOORS[library]


def test_heavy_libraries_are_imported_late() -> None:
    early = {
        str(path.relative_to(ROOT)): sorted(imports(path, top_level=True) & LATE)
        for path in modules()
        if imports(path, top_level=True) & LATE
    }
    # Loaded by the server only, and networks, which are classes of torch's and are themselves imported late.
    allowed = (
        "assistant/app.py",
        "assistant/chatroutes.py",
        "assistant/elements.py",
        "assistant/history.py",
        "assistant/looking.py",
        "assistant/tuning/",
        "retrieval/interaction.py",
        "retrieval/keptreadings.py",
        "retrieval/llama.py",
        "retrieval/matrices.py",
        "retrieval/reading.py",
        "retrieval/tuning/",
    )
    assert {path: libraries for path, libraries in early.items() if not path.startswith(allowed)} == {}
