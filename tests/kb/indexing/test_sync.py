"""What changed in the notes is seen, and nothing is embedded twice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kb.catalog.catalog import Catalog
from kb.errors import NoteError, VaultError
from kb.indexing import drafting
from kb.indexing import update as index_update
from kb.indexing.sync import IndexReport, count_stale, index_folder
from kb.notes import vault
from kb.notes.vault import read_text
from tests.kb.fake_encoder import FakeEncoder
from tests.kb.indexing.stored import checked_passages, settle, write


def _counts(report: IndexReport) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.renamed, report.removed, report.unchanged


def test_index_sees_what_was_added_changed_renamed_moved_and_removed(
    root: Path, encoder: FakeEncoder
) -> None:
    for name in ("one", "two", "three", "four"):
        write(root, f"{name}.md", f"# Title {name}\n\nText of {name}.\n")
    assert _counts(index_folder(root, encoder)) == (4, 0, 0, 0, 0)
    write(root, "two.md", "# Title two\n\nAnother text.\n")
    (root / "three.md").rename(root / "drei.md")
    (root / "sub").mkdir()
    (root / "four.md").rename(root / "sub" / "four.md")
    (root / "one.md").unlink()
    write(root, "five.md", "# Title five\n\nText of five.\n")
    report = index_folder(root, encoder)
    assert _counts(report) == (1, 1, 2, 1, 0)
    assert (report.passages, report.embedded) == (4, 2)
    assert checked_passages(root) == {
        "drei.md": ["Title three|Text of three."],
        "five.md": ["Title five|Text of five."],
        "sub/four.md": ["Title four|Text of four."],
        "two.md": ["Title two|Another text."],
    }
    assert max(encoder.passages.values()) == 1


def test_index_of_an_unchanged_folder_reads_no_file(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, "a.md", "# A\n\nText.")
    settle(root)
    index_folder(root, encoder)
    before = Catalog(root).generation()
    monkeypatch.setattr(drafting, "read_text", lambda *_a, **_k: pytest.fail("was read"))
    assert _counts(index_folder(root, encoder)) == (0, 0, 0, 0, 1)
    assert Catalog(root).generation() == before


def test_index_reads_a_touched_file_but_keeps_what_it_knows(
    root: Path, encoder: FakeEncoder
) -> None:
    write(root, "a.md", "# A\n\nText.")
    settle(root)
    index_folder(root, encoder)
    before = Catalog(root).generation()
    os.utime(root / "a.md", (1_700_000_000, 1_700_000_000))
    with Catalog(root).view() as view:
        assert count_stale(vault.scan(root), view.states()) == 1
    assert _counts(index_folder(root, encoder)) == (0, 0, 0, 0, 1)
    with Catalog(root).view() as view:
        assert count_stale(vault.scan(root), view.states()) == 0
        assert view.generation() == before


def test_index_sees_a_change_within_one_tick_of_the_clock(root: Path, encoder: FakeEncoder) -> None:
    write(root, "a.md", "# A\n\nText one.")
    status = (root / "a.md").stat()
    index_folder(root, encoder)
    write(root, "a.md", "# A\n\nText two.")
    os.utime(root / "a.md", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert index_folder(root, encoder).changed == 1
    assert checked_passages(root) == {"a.md": ["A|Text two."]}


def test_index_keeps_ids_of_neighbours_when_a_passage_changes(
    root: Path, encoder: FakeEncoder
) -> None:
    write(root, "a.md", "# A\n\n## One\n\nFirst.\n\n## Two\n\nSecond.\n\n## Three\n\nThird.\n")
    index_folder(root, encoder)
    with Catalog(root).view() as view:
        before = {p.heading_line: p.id for p in view.passages_of("a.md")}
        generation = view.generation()
    text = "# A\n\nNew start.\n\n## One\n\nFirst.\n\n## Two\n\nOther.\n\n## Three\n\nThird.\n"
    write(root, "a.md", text)
    assert index_folder(root, encoder).embedded == 2
    with Catalog(root).view() as view:
        after = {p.heading_line: p for p in view.passages_of("a.md")}
        changes = view.changes_since(generation)
        entries = sorted(entry.id for entry in changes.entries)
        assert not changes.reset
        assert changes.removed.tolist() == [before["Two"]]
        assert entries == sorted([after[""].id, after["Two"].id])
        assert sorted(np.concatenate([ids for ids, _ in view.iter_vectors(generation)])) == entries
    assert (after["One"].id, after["Three"].id) == (before["One"], before["Three"])
    assert text[after["Three"].start : after["Three"].end] == "Third."


def test_rename_embeds_again_only_where_the_title_is_the_name(
    root: Path, encoder: FakeEncoder
) -> None:
    write(root, "named.md", "Text under no title.")
    write(root, "titled.md", "---\ntitle: Fixed\n---\nOther text.")
    index_folder(root, encoder)
    with Catalog(root).view() as view:
        kept = view.passages_of("titled.md")[0].id
        generation = view.generation()
    (root / "named.md").rename(root / "renamed.md")
    (root / "sub").mkdir()
    (root / "titled.md").rename(root / "sub" / "titled.md")
    report = index_folder(root, encoder)
    assert (report.renamed, report.embedded) == (2, 1)
    assert checked_passages(root)["renamed.md"] == ["renamed|Text under no title."]
    with Catalog(root).view() as view:
        assert view.passages_of("sub/titled.md")[0].id == kept
        # Its folder is another: the lexical index must hear of it, the vectors need not.
        entries = {entry.id: entry.folder for entry in view.changes_since(generation).entries}
        assert entries[kept] == "sub"
        assert kept not in np.concatenate([ids for ids, _ in view.iter_vectors(generation)])


def test_text_that_moves_to_another_note_of_the_same_title_is_not_embedded_again(
    root: Path, encoder: FakeEncoder
) -> None:
    write(root, "z.md", "---\ntitle: T\n---\nMoving text.")
    index_folder(root, encoder)
    (root / "z.md").unlink()
    write(root, "a.md", "---\ntitle: T\ntags: [new]\n---\nMoving text.")
    assert index_folder(root, encoder).embedded == 0
    with Catalog(root).view() as view:
        assert view._rows("SELECT count(*) FROM vectors") == [(1,)]


def test_two_notes_that_say_the_same_share_a_vector(root: Path, encoder: FakeEncoder) -> None:
    for name in ("a", "b"):
        write(root, f"{name}.md", "# Same\n\nThe same text.\n\nThe same text.\n")
    assert index_folder(root, encoder).embedded == 1
    (root / "a.md").unlink()
    index_folder(root, encoder)
    assert list(checked_passages(root)) == ["b.md"]


def test_questions_are_embedded_as_queries(root: Path, encoder: FakeEncoder) -> None:
    text = (
        "---\nfaq:\n- question: 为什么?\n  answer: 因为。\n---\n# A\n\n## What is it?\n\nA thing.\n"
    )
    write(root, "a.md", text)
    index_folder(root, encoder)
    assert encoder.queries == {"What is it?": 1, "为什么?": 1}
    with Catalog(root).view() as view:
        questions, vectors = view.questions()
    assert {(q.question, q.answer) for q in questions} == {
        ("What is it?", None),
        ("为什么?", "因为。"),
    }
    assert vectors.shape == (2, encoder.dimension)
    heading = next(question for question in questions if question.answer is None)
    assert text[heading.start : heading.end] == "What is it?"


def test_another_passage_size_splits_all_notes_again(root: Path, encoder: FakeEncoder) -> None:
    write(root, "a.md", "# A\n\n" + "\n\n".join(f"Word {n} of the text." for n in range(20)))
    settle(root)
    one = index_folder(root, encoder, passage_tokens=100)
    two = index_folder(root, encoder, passage_tokens=20)
    assert two.passages > one.passages
    assert index_folder(root, encoder, passage_tokens=20).embedded == 0


def test_a_long_note_is_stored_whole_in_many_batches(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_update, "BATCH_TEXTS", 4)
    write(root, "a.md", "# A\n\n" + "\n\n".join(f"## H{n}\n\nText {n}." for n in range(30)))
    assert index_folder(root, encoder).passages == 30
    assert encoder.passages.total() == 30


def test_title_with_a_lone_surrogate_is_stored(root: Path, encoder: FakeEncoder) -> None:
    write(root, "a.md", '---\ntitle: "x\\uD800y"\ntags: ["t\\uD800"]\n---\nText.')
    index_folder(root, encoder)
    assert checked_passages(root) == {"a.md": ["x?y|Text."]}


# Bad input


def test_empty_folder_and_note_without_text(root: Path, encoder: FakeEncoder) -> None:
    assert index_folder(root, encoder).passages == 0
    write(root, "empty.md", "")
    report = index_folder(root, encoder)
    assert (report.added, report.passages) == (1, 0)
    with Catalog(root).view() as view:
        assert [note.path for note in view.notes()] == ["empty.md"]
        assert view.vectors()[1].shape == (0, encoder.dimension)


def test_unreadable_notes_are_reported_and_what_was_indexed_is_kept(
    root: Path, encoder: FakeEncoder
) -> None:
    write(root, "good.md", "# Good\n\nText.")
    write(root, "turns.md", "# Turns\n\nOld text.")
    (root / "binary.md").write_bytes(b"\x00\x01")
    (root / "circle.md").symlink_to("circle.md")
    write(root, "loop/in.md", "# In\n\nInside.")
    (root / "loop" / "back").symlink_to(root, target_is_directory=True)
    report = index_folder(root, encoder)
    assert {each.path for each in report.skipped} == {"binary.md", "circle.md", "loop/back"}
    (root / "turns.md").write_bytes(b"\xff\xfe not UTF-8")
    report = index_folder(root, encoder)
    assert "turns.md" in {each.path for each in report.skipped}
    assert all(each.path not in each.reason for each in report.skipped)
    with Catalog(root).view() as view:
        assert view.passages_of("turns.md")[0].text == "Old text."
        assert [each.path for each in view.skipped()] == [each.path for each in report.skipped]
    (root / "turns.md").unlink()
    assert index_folder(root, encoder).removed == 1


def test_file_that_vanishes_while_being_read_is_reported(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, "a.md", "# A\n\nText.")
    write(root, "b.md", "# B\n\nText.")

    def read(folder: Path, path: str, **options: Any) -> str:
        (folder / "b.md").unlink(missing_ok=True)
        return read_text(folder, path, **options)

    monkeypatch.setattr(drafting, "read_text", read)
    report = index_folder(root, encoder)
    assert [each.path for each in report.skipped] == ["b.md"]
    assert checked_passages(root).keys() == {"a.md"}
    assert index_folder(root, encoder).skipped == ()


def test_folder_that_cannot_be_listed_changes_nothing(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(VaultError, match="no folder"):
        index_folder(root / "none", encoder)
    write(root, "sub/a.md", "# A\n\nText.")
    index_folder(root, encoder)
    real = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = index_folder(root, encoder)
    assert ([each.path for each in report.skipped], report.removed) == (["sub"], 0)
    assert checked_passages(root).keys() == {"sub/a.md"}


def test_folder_that_lost_its_notes_loses_only_the_index(root: Path, encoder: FakeEncoder) -> None:
    write(root, "a.md", "# A\n\nText.")
    index_folder(root, encoder)
    (root / "a.md").rename(root.parent / "a.md")
    assert index_folder(root, encoder).removed == 1
    (root.parent / "a.md").rename(root / "a.md")
    assert index_folder(root, encoder).added == 1


def test_note_error_in_reading_never_ends_a_run(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, "a.md", "# A\n\nText.")

    def read(*_a: Any, **_k: Any) -> str:
        raise NoteError("a.md: is odd")

    monkeypatch.setattr(drafting, "read_text", read)
    for rebuild in (False, True):
        report = index_folder(root, encoder, rebuild=rebuild)
        assert [(each.path, each.reason) for each in report.skipped] == [("a.md", "is odd")]
