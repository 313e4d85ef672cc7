"""The notes of a folder, read once for all checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kb.doctor.finding import Finding
from kb.errors import NoteError
from kb.notes.journal import Journal
from kb.notes.note import Note, parse_note
from kb.notes.vault import Scan, read_text, scan


@dataclass(frozen=True)
class ReadNote:
    """A note with its source."""

    note: Note
    source: str

    @property
    def path(self) -> str:
        """Its path in the folder."""
        return self.note.path

    @cached_property
    def body(self) -> str:
        """What stands below the front matter."""
        return self.source[self.note.body_start :]

    def place(self, offset: int) -> str:
        """Return ``path:line`` of an offset in the source."""
        return f"{self.path}:{self.source.count(chr(10), 0, offset) + 1}"


@dataclass(frozen=True, slots=True)
class Folder:
    """All notes of a folder as they are on disk."""

    root: Path
    scan: Scan
    notes: tuple[ReadNote, ...]


def read_folder(root: Path, max_bytes: int) -> tuple[Folder, list[Finding]]:
    """Read every note; what cannot be read is a finding.

    :raises VaultError: if the folder itself cannot be read.
    """
    found = scan(root, max_bytes=max_bytes)
    problems = [(each.path, each.reason) for each in found.skipped]
    notes: list[ReadNote] = []
    for file in found.files:
        try:
            source = read_text(root, file.path, max_bytes=max_bytes)
        except NoteError as exc:
            problems.append((file.path, str(exc).removeprefix(f"{file.path}: ")))
            continue
        notes.append(ReadNote(parse_note(file.path, source), source))
    findings = [Finding("unread", "advice", path, f"not read: {why}") for path, why in problems]
    findings += [*_warnings(notes), *_cut_off(root)]
    return Folder(root, found, tuple(notes)), findings


def _warnings(notes: list[ReadNote]) -> Iterator[Finding]:
    for each in notes:
        for warning in each.note.warnings:
            yield Finding("front matter", "advice", each.path, warning, "mend it in the note")


def _cut_off(root: Path) -> Iterator[Finding]:
    journal = Journal(root)
    if journal.exists():
        message = "a change of several notes was cut off, or is being made now"
        yield Finding("cut off", "advice", str(journal.path), message, "kb index puts it right")
