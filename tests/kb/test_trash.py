from __future__ import annotations

from pathlib import Path

import pytest

from kb.errors import NoteChanged, VaultError
from kb.notes import trash, vault
from kb.notes.editing import NoteEditor
from kb.notes.incoming import Limits
from kb.notes.writing import version_of


@pytest.fixture
def editor(tmp_path: Path) -> NoteEditor:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "中.md").write_bytes(b"# A\r\n\xff")
    return NoteEditor(tmp_path, Limits(1000, 1000))


def test_deleted_note_comes_back_as_it_was(tmp_path: Path, editor: NoteEditor) -> None:
    note = tmp_path / "a" / "中.md"
    data = note.read_bytes()
    name = editor.delete("a/中.md", version_of(data))
    assert not note.exists()
    assert not vault.scan(tmp_path).files
    (listed,) = editor.deleted()
    assert (listed.id, listed.path, listed.size) == (name, "a/中.md", len(data))
    assert editor.restore(name) == "a/中.md"
    assert note.read_bytes() == data
    assert editor.deleted() == []


def test_restore_replaces_nothing(tmp_path: Path, editor: NoteEditor) -> None:
    name = editor.delete("a/中.md")
    editor.write("a/中", "new", None)
    with pytest.raises(VaultError, match="already there"):
        editor.restore(name)
    assert editor.restore(name, "b/other") == "b/other.md"
    assert (tmp_path / "a" / "中.md").read_text(encoding="utf-8") == "new"


def test_delete_takes_only_the_version_that_was_seen(tmp_path: Path, editor: NoteEditor) -> None:
    with pytest.raises(NoteChanged):
        editor.delete("a/中.md", version_of("seen"))
    assert (tmp_path / "a" / "中.md").exists()
    assert editor.deleted() == []


def test_note_that_cannot_be_kept_is_not_removed(
    tmp_path: Path, editor: NoteEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise VaultError("No space left on device")

    monkeypatch.setattr(trash, "write_atomic", full)
    with pytest.raises(VaultError, match="No space"):
        editor.delete("a/中.md")
    assert (tmp_path / "a" / "中.md").exists()


def test_destroyed_note_is_gone(editor: NoteEditor) -> None:
    editor.destroy(editor.delete("a/中.md"))
    assert editor.deleted() == []


@pytest.mark.parametrize("path", ["no.md", "../x.md", "/etc/passwd", ".kb/x.md", "a", ""])
def test_delete_of_what_is_no_note_is_refused(editor: NoteEditor, path: str) -> None:
    with pytest.raises(VaultError, match="no note"):
        editor.delete(path)


@pytest.mark.parametrize("name", ["", "..", "../../a", "20260101T000000-00000000", "x\0y"])
def test_trash_holds_only_what_was_put_there(tmp_path: Path, editor: NoteEditor, name: str) -> None:
    for act in (editor.restore, editor.destroy):
        with pytest.raises(VaultError, match="trash holds no"):
            act(name)
    assert (tmp_path / "a" / "中.md").exists()
