"""Notes that tests write, and what is stored of them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from kb.catalog.catalog import Catalog
from kb.catalog.rows import embed_text
from kb.indexing.sync import index_folder
from kb.notes.vault import read_text
from tests.kb.fake_encoder import FakeEncoder


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def settle(root: Path) -> None:
    """Make the notes look as old as most notes are."""
    for number, file in enumerate(sorted(root.rglob("*.md"))):
        moment = 1_600_000_000 + number
        os.utime(file, (moment, moment))


def checked_passages(root: Path) -> dict[str, list[str]]:
    """What is stored of each note, checked against the note itself."""
    found: dict[str, list[str]] = {}
    with Catalog(root).view() as view:
        assert view.check() == []
        for note in view.notes():
            source = read_text(root, note.path)
            stored = view.passages_of(note.path)
            assert [passage.ordinal for passage in stored] == list(range(len(stored)))
            for passage in stored:
                low, high = passage.source_map.to_source(0, len(passage.text))
                assert passage.start <= low <= high <= len(source)
                assert passage.end <= len(source)
            found[note.path] = [f"{passage.context}|{passage.text}" for passage in stored]
    return found


def state(root: Path, encoder: FakeEncoder) -> dict[str, Any]:
    """All that matters of a catalogue: without ids and generations, which tell its past."""
    with Catalog(root).view() as view:
        assert view.check() == []
        ids, vectors = view.vectors()
        assert len(set(ids.tolist())) == len(ids)
        by_id = dict(zip(ids.tolist(), vectors, strict=True))
        passages = view.passages_by_id(ids.tolist())
        assert passages.keys() == by_id.keys()
        for number, passage in passages.items():
            text = embed_text(passage.title, passage.heading, passage.text)
            expected = encoder._encode([text])[0].astype(np.float16)
            np.testing.assert_array_equal(by_id[number], expected)
        questions, matrix = view.questions()
        assert matrix.shape == (len(questions), encoder.dimension)
        return {
            "notes": [
                (note.path, note.title, note.tags, note.folder, note.passages)
                for note in view.notes()
            ],
            "passages": sorted(
                (p.note, p.ordinal, p.heading, p.text, p.start, p.end, p.map_bytes)
                for p in passages.values()
            ),
            "questions": sorted((q.note, q.question, q.answer or "", q.start) for q in questions),
            "tags": view.tags(),
            "folders": view.folders(),
            "warnings": view.warnings(),
            "vectors": view._rows("SELECT count(*) FROM vectors")[0][0],
        }


def fresh_state(root: Path, encoder: FakeEncoder, base: Path) -> dict[str, Any]:
    """The state that indexing the same notes for the first time gives."""
    copy = base / f"fresh-{time.time_ns()}"
    copy.mkdir()
    for file in sorted(root.rglob("*.md")):
        if ".kb" not in file.parts:
            write(copy, file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))
    index_folder(copy, encoder)
    return state(copy, encoder)
