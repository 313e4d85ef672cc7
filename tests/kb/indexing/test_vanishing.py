"""Notes that vanish all at once are kept until a person says that it is meant so."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.errors import NotesVanished
from kb.indexing.sync import index_folder
from tests.kb.fake_encoder import FakeEncoder
from tests.kb.indexing.stored import write


def _ten(root: Path) -> list[str]:
    for number in range(10):
        write(root, f"n{number}.md", f"# N{number}\n\nText {number}.\n")
    return [f"n{number}.md" for number in range(10)]


def test_emptied_folder_does_not_empty_the_index(root: Path, encoder: FakeEncoder) -> None:
    names = _ten(root)
    index_folder(root, encoder)
    for name in names[:7]:
        (root / name).unlink()
    write(root, "new.md", "# New\n")
    report = index_folder(root, encoder)
    assert (report.added, report.removed, report.missing) == (1, 0, tuple(names[:7]))
    # Back as they were: nothing is embedded, nothing is missing.
    _ten(root)
    before = encoder.embedded
    report = index_folder(root, encoder)
    assert (report.missing, report.removed, encoder.embedded) == ((), 0, before)


def test_missing_notes_are_dropped_when_told_so(root: Path, encoder: FakeEncoder) -> None:
    names = _ten(root)
    index_folder(root, encoder)
    for name in names[:7]:
        (root / name).unlink()
    assert index_folder(root, encoder, forget_missing=True).removed == 7
    assert index_folder(root, encoder).missing == ()


def test_half_of_the_notes_may_go_unasked(root: Path, encoder: FakeEncoder) -> None:
    names = _ten(root)
    index_folder(root, encoder)
    for name in names[:5]:
        (root / name).unlink()
    assert index_folder(root, encoder).removed == 5


def test_moved_notes_are_not_missing(root: Path, encoder: FakeEncoder) -> None:
    names = _ten(root)
    index_folder(root, encoder)
    (root / "below").mkdir()
    for name in names:
        (root / name).rename(root / "below" / name)
    report = index_folder(root, encoder)
    assert (report.renamed, report.missing) == (10, ())


def test_rebuild_of_an_emptied_folder_is_refused(root: Path, encoder: FakeEncoder) -> None:
    names = _ten(root)
    index_folder(root, encoder)
    for name in names:
        (root / name).unlink()
    with pytest.raises(NotesVanished, match="--forget-missing"):
        index_folder(root, encoder, rebuild=True)
    assert index_folder(root, encoder).missing == tuple(names)
    assert index_folder(root, encoder, rebuild=True, forget_missing=True).passages == 0
