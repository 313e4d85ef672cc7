"""The snapshot of the vectors, cut at every kind of byte: never believed, always made anew."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from kb.indexing import dense_index
from retrieval import vector_snapshot
from retrieval.errors import IndexDamaged
from tests.damage import put
from tests.kb.faults import finds_everything, open_base, write_notes
from tests.retrieval.test_layered_vectors import FORM, unit, written


def cuts(size: int) -> list[int]:
    """Return where to cut: nothing, magic, header, counts, page, inside of a row, near the end."""
    places = (0, 1, 3, 4, 7, 8, 15, 16, 33, 64, 4095, 4096, size // 3, size // 2 + 1)
    ends = (size - 4096, size - 17, size - 8, size - 2, size - 1)
    return sorted({place for place in (*places, *ends) if 0 <= place < size})


@pytest.mark.parametrize("part", ["ids", "flat", "lists", "json"])
def test_every_cut_of_a_snapshot_is_told_of(tmp_path: Path, part: str) -> None:
    written(tmp_path / "whole", np.arange(300), unit(300), lists=True)
    for place in cuts(next((tmp_path / "whole").glob(f"*.{part}")).stat().st_size):
        folder = tmp_path / str(place)
        shutil.copytree(tmp_path / "whole", folder)
        [path] = folder.glob(f"*.{part}")
        put(path, path.read_bytes()[:place])
        with pytest.raises(IndexDamaged):
            vector_snapshot.read(folder, FORM)


def test_a_base_with_any_file_of_its_snapshot_cut_finds_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense_index, "SNAPSHOT_FROM", 1)
    write_notes(tmp_path, 3)
    with closing(open_base(tmp_path)) as base:
        base.index()
    finds_everything(tmp_path)
    names = {path.suffix for path in (tmp_path / ".kb" / "vectors").iterdir()} - {".lock"}
    assert {".ids", ".flat", ".json"} <= names
    for suffix in sorted(names):
        for share in (0.0, 0.5, 0.99):
            for path in (tmp_path / ".kb" / "vectors").glob(f"*{suffix}"):
                data = path.read_bytes()
                put(path, data[: int(len(data) * share)])
            finds_everything(tmp_path)
