"""Gives a note another path, with the links of all notes following; all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from kb.errors import NoteChanged, NoteError, VaultError
from kb.notes.linking import Paths, Rewrite, hints_of, mentions, rewrites, rewritten
from kb.notes.transaction import Change
from kb.notes.vault import read_text, scan
from kb.notes.writing import safe_path


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A link that follows: the note that has it, under its old path, and its line there."""

    note: str
    line: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Move:
    """What a move will do; nothing is done yet.

    :param links: that are written anew.
    :param changes: of the files, the moved note among them.
    :param unread: notes whose links could not be looked at.
    """

    old: str
    new: str
    links: tuple[LinkChange, ...]
    changes: tuple[Change, ...]
    unread: tuple[str, ...]

    @property
    def version(self) -> str:
        """What names exactly this move: another one comes of any change to what it is made of."""
        parts = [self.old, self.new]
        for change in self.changes:
            before = change.before or b""
            parts += [change.path, sha256(before).hexdigest(), change.after or ""]
        return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def plan(root: Path, path: str, name: str, *, max_bytes: int) -> Move:
    """Work out what a move will do.

    :param name: the new path; ``.md`` is added where it is missing.
    :raises VaultError: if there is no such note, the name is not allowed or taken, or a link
        cannot hold it.
    """
    target = safe_path(root, name)
    new = target.relative_to(root.resolve()).as_posix()
    notes = [file.path for file in scan(root, max_bytes=max_bytes).files]
    _check_names(path, new, notes, is_taken=target.exists())
    before = Paths(root, notes)
    after = Paths(root, [new if each == path else each for each in notes])
    hints = hints_of([path, new])
    links: list[LinkChange] = []
    changes: list[Change] = []
    sources, unread = _sources(root, notes, max_bytes)
    if path in unread:
        raise VaultError(f"{path} cannot be read: it is not moved")
    for note, source in sources.items():
        if note != path and not mentions(source, hints):
            continue
        found = rewrites(source, before, after, {path: new}, note)
        links += [_shown(note, source, each) for each in found]
        data, text = source.encode("utf-8"), rewritten(source, found)
        if note == path:
            changes += [Change(new, None, text), Change(path, data, None)]
        elif found:
            changes.append(Change(note, data, text))
    return Move(path, new, tuple(links), tuple(changes), unread)


def _check_names(path: str, new: str, notes: list[str], *, is_taken: bool) -> None:
    if path not in notes:
        raise VaultError(f"there is no note {path[:200]!r}: look at the folder")
    if new == path:
        raise VaultError(f"{path} has that name already")
    if is_taken:
        raise VaultError(f"{new} is already there: choose another name")


def _sources(
    root: Path, notes: list[str], max_bytes: int
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Read all notes; those that cannot be read are named."""
    found: dict[str, str] = {}
    unread: list[str] = []
    for note in notes:
        try:
            found[note] = read_text(root, note, max_bytes=max_bytes)
        except NoteError:
            unread.append(note)
    return found, tuple(unread)


def check(move: Move, version: str | None) -> None:
    """Refuse a move that is not the one that was shown.

    :raises NoteChanged: if a note changed since.
    """
    if version is not None and move.version != version:
        message = f"notes were changed since the move of {move.old} was shown: look at it again"
        raise NoteChanged(move.old, message, None)


def remove_emptied(root: Path, path: str) -> None:
    """Remove the folders that a note left empty, never the notes folder itself."""
    for folder in Path(path).parents[:-1]:
        try:
            (root / folder).rmdir()
        except OSError:  # Something else is in it, or it may not be removed: then it stays.
            return


def _shown(note: str, source: str, each: Rewrite) -> LinkChange:
    line = source.count("\n", 0, each.start) + 1
    return LinkChange(note, line, each.before, each.after)
