"""`NoteSource`: a note as it stands on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kb.errors import NoteError
from kb.notes import vault
from kb.notes.note import parse_note
from kb.notes.writing import version_of


@dataclass(frozen=True, slots=True)
class NoteSource:
    """A note as it stands on disk.

    :param body_start: where the text begins after the front matter, in code points.
    """

    path: str
    title: str
    source: str
    tags: tuple[str, ...]
    body_start: int

    @property
    def version(self) -> str:
        """What names this version of the note, see `NoteEditor.write`."""
        return version_of(self.source)


def read_source(root: Path, path: str, max_bytes: int) -> NoteSource:
    """Read a note of a folder.

    :raises NoteError: if the path is no note's, leaves the folder or cannot be read.
    """
    if not vault.is_note_path(path):
        raise NoteError(f"{path[:200]!r} is not the path of a note")
    source = vault.read_text(root, path, max_bytes=max_bytes)
    note = parse_note(path, source)
    return NoteSource(path, note.title, source, note.tags, note.body_start)
