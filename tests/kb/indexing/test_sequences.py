"""Any sequence of changes ends where a fresh start would."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.catalog.catalog import Catalog
from kb.indexing.sync import Progress, index_folder
from tests.kb.fake_encoder import FakeEncoder
from tests.kb.indexing.stored import fresh_state, state, write

_NAMES = st.sampled_from(["a.md", "b.md", "sub/a.md", "sub/c.md"])
_PARTS = st.sampled_from(
    ["First text.", "第二段。", "## Head", "## Is it?", "| x | y |\n|---|---|\n| 1 | 2 |", "#tag"]
)
_TEXTS = st.builds(
    lambda title, parts: title + "\n\n".join(parts),
    st.sampled_from(["", "# Title\n\n", "---\ntitle: T\ntags: [x]\n---\n"]),
    st.lists(_PARTS, max_size=4),
)
_STEPS = st.one_of(
    st.tuples(st.just("write"), _NAMES, _TEXTS),
    st.tuples(st.just("rename"), _NAMES, _NAMES),
    st.tuples(st.just("delete"), _NAMES, st.none()),
    st.tuples(st.just("index"), st.none(), st.none()),
    st.tuples(st.just("stop"), _NAMES, st.none()),
    st.tuples(st.just("rebuild"), st.none(), st.none()),
)


def _do(root: Path, encoder: FakeEncoder, step: tuple[str, Any, Any]) -> None:
    action, one, two = step
    file = root / (one or "")
    if action == "write":
        write(root, one, two)
    elif action == "rename":
        (root / two).parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            file.rename(root / two)
    elif action == "delete":
        file.unlink(missing_ok=True)
    elif action in ("index", "rebuild"):
        index_folder(root, encoder, rebuild=action == "rebuild")
    else:
        _index_up_to(root, encoder, one)


def _index_up_to(root: Path, encoder: FakeEncoder, path: str) -> None:
    """Index, but stop when a note's turn comes, if it comes."""

    def stop(progress: Progress) -> None:
        if progress.note == path:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        index_folder(root, encoder, progress=stop)


@given(steps=st.lists(_STEPS, max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_sequence_of_changes_equals_a_fresh_start(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any, Any]]
) -> None:
    base = tmp_path_factory.mktemp("sequence")
    root = base / "notes"
    root.mkdir()
    encoder = FakeEncoder()
    derived: dict[int, tuple[str, str, tuple[str, ...], str]] = {}
    vectors: dict[int, bytes] = {}
    level = 0
    index_folder(root, encoder)
    for step in [*steps, ("index", None, None)]:
        _do(root, encoder, step)
        with Catalog(root).view() as view:
            changes = view.changes_since(level)
            if changes.reset:
                derived.clear()
                vectors.clear()
            for number in changes.removed.tolist():
                derived.pop(number, None)
                vectors.pop(number, None)
            for e in changes.entries:
                derived[e.id] = (e.title, e.text, e.tags, e.folder)
            for ids, matrix in view.iter_vectors(0 if changes.reset else level):
                assert not vectors.keys() & set(ids.tolist())
                vectors |= {n: row.tobytes() for n, row in zip(ids.tolist(), matrix, strict=True)}
            level = changes.generation
            everything = view.changes_since(0).entries
            assert derived == {e.id: (e.title, e.text, e.tags, e.folder) for e in everything}
            ids, matrix = view.vectors()
            rows = zip(ids.tolist(), matrix, strict=True)
            assert vectors == {number: row.tobytes() for number, row in rows}
    assert state(root, encoder) == fresh_state(root, encoder, base)
