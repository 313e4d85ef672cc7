from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path

import pytest

from kb.errors import LockedError, NoteChanged, VaultError
from kb.notes import editing, transaction, writing
from kb.notes.editing import NoteEditor
from kb.notes.incoming import Limits
from kb.notes.locking import notes_lock
from kb.notes.writing import version_of


@pytest.fixture
def editor(tmp_path: Path) -> NoteEditor:
    return NoteEditor(tmp_path, Limits(1000, 100_000))


def test_version_is_the_sha256_of_the_file(tmp_path: Path, editor: NoteEditor) -> None:
    editor.write("a", "# 中\n", None)
    data = (tmp_path / "a.md").read_bytes()
    assert version_of("# 中\n") == version_of(data) == sha256(data).hexdigest()


def test_write_makes_a_note_only_where_there_is_none(tmp_path: Path, editor: NoteEditor) -> None:
    assert editor.write("new/a", "one", None) == "new/a.md"
    with pytest.raises(NoteChanged) as caught:
        editor.write("new/a", "two", None)
    assert caught.value.version == version_of("one")
    assert (tmp_path / "new/a.md").read_text() == "one"


def test_write_replaces_only_the_version_that_was_read(tmp_path: Path, editor: NoteEditor) -> None:
    note = tmp_path / "a.md"
    note.write_text("one")
    editor.write("a.md", "two", version_of("one"))
    assert note.read_text() == "two"
    with pytest.raises(NoteChanged, match="changed meanwhile") as caught:
        editor.write("a.md", "three", version_of("one"))
    assert (caught.value.path, caught.value.version) == ("a.md", version_of("two"))
    note.unlink()
    with pytest.raises(NoteChanged, match="gone meanwhile") as caught:
        editor.write("a.md", "three", version_of("two"))
    assert caught.value.version is None
    assert not note.exists()


def test_write_notices_a_change_while_it_writes(
    tmp_path: Path, editor: NoteEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "new" / "a.md"
    note.parent.mkdir()
    note.write_text("one")
    replace = editing.replace_atomic

    def meanwhile(path: Path, text: str, expected: str | bytes) -> None:
        note.write_text("theirs")
        replace(path, text, expected)

    monkeypatch.setattr(editing, "replace_atomic", meanwhile)
    with pytest.raises(NoteChanged) as caught:
        editor.write("new/a.md", "mine", version_of("one"))
    assert (caught.value.path, caught.value.version) == ("new/a.md", version_of("theirs"))
    assert note.read_text() == "theirs"
    assert not list(note.parent.glob(".kb-*"))


def test_of_two_writers_with_the_same_version_one_wins(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("start")
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def write(number: int) -> None:
        start.wait()
        try:
            NoteEditor(tmp_path, Limits(1000, 100_000)).write(
                "a.md", f"by {number}", version_of("start")
            )
            outcomes.append(f"by {number}")
        except NoteChanged:
            outcomes.append("")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = filter(None, outcomes)
    assert len(outcomes) == 8
    assert (tmp_path / "a.md").read_text() == winner


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"a\r\nb\r\n", b"a\r\nc\r\n"), (b"a\nb\n", b"a\nc\n")],
    ids=["windows", "unix"],
)
def test_write_keeps_the_line_ends_of_the_note(
    tmp_path: Path, editor: NoteEditor, before: bytes, after: bytes
) -> None:
    note = tmp_path / "a.md"
    note.write_bytes(before)
    editor.write("a.md", "a\nc\n", version_of(before), keep_line_ends=True)
    assert note.read_bytes() == after


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("../out", "x"),
        ("/etc/x", "x"),
        ("a/../../out", "x"),
        (r"C:\x", "x"),
        ("C:x", "x"),
        (".kb/config", "x"),
        ("a", "x" * 1001),
        ("a", "zero \0 byte"),
        ("a", "half a pair \ud800"),
    ],
)
def test_write_refuses_names_and_texts(
    tmp_path: Path, editor: NoteEditor, name: str, text: str
) -> None:
    with pytest.raises(VaultError):
        editor.write(name, text, None)
    assert not [each for each in tmp_path.rglob("*") if each.suffix == ".md"]
    assert not (tmp_path.parent / "out.md").exists()


def test_write_waits_for_another_writer_and_says_so(
    tmp_path: Path, editor: NoteEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def brief(root: Path) -> object:
        return notes_lock(root, 0)

    monkeypatch.setattr(transaction, "notes_lock", brief)
    with notes_lock(tmp_path), pytest.raises(LockedError, match="try again"):
        editor.write("a", "x", None)
    editor.write("a", "x", None)


def test_write_keeps_the_note_when_the_disk_refuses(
    tmp_path: Path, editor: NoteEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.md").write_text("one")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(VaultError, match="No space left"):
        editor.write("a.md", "two", version_of("one"))
    assert (tmp_path / "a.md").read_text() == "one"
    assert [each.name for each in tmp_path.iterdir() if each.name != ".kb"] == ["a.md"]
