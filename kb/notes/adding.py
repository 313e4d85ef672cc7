"""Adds files of other programs to the notes: all of a call, or when one cannot be added none."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kb.errors import VaultError
from kb.notes.converting import to_markdown
from kb.notes.incoming import ARCHIVE_SUFFIX, SUFFIXES, TEXT_SUFFIXES, Incoming, check, text_of
from kb.notes.unpacking import unpack
from kb.notes.vault import scan

if TYPE_CHECKING:
    from kb.notes.editing import NoteEditor
    from kb.notes.incoming import Limits


@dataclass(frozen=True, slots=True)
class Added:
    """What became notes.

    :param paths: of the notes, in the order of the files.
    :param left_out: files of archives that are of no kind that becomes a note.
    """

    paths: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def add_files(
    editor: NoteEditor,
    files: Iterable[Incoming],
    limits: Limits,
    *,
    folder: str = "",
    names: Sequence[str] | None = None,
    overwrite: bool = False,
) -> Added:
    """Add Markdown and text files as they are, documents converted, archives unpacked.

    :param folder: of the notes, into which they go.
    :param names: of the notes, if they are not named as the files are.
    :raises VaultError: if one cannot be added; then none is.
    """
    files, left_out = _unpacked(files, limits)
    prefix = f"{folder.strip().rstrip('/')}/" if folder.strip(" /") else ""
    names = names or [prefix + file.note_name for file in files]
    _refuse_twice(names)
    # Before anything is read and converted.
    editor.check_names(names, overwrite=overwrite)
    notes = [(name, _text(file)) for name, file in zip(names, files, strict=True)]
    return Added(tuple(editor.add_all(notes, overwrite=overwrite)), tuple(left_out))


def add_source(editor: NoteEditor, source: str, name: str | None, *, overwrite: bool) -> Added:
    """Add what a person names at the terminal.

    :param source: a file, a folder of them, or ``-`` for the text of a note on standard input.
    :param name: path of the note in the base; of a folder or an archive, the folder they go to.
    :raises VaultError: if a name is taken (without ``overwrite``) or not allowed.
    """
    path = Path(source)
    if source == "-":
        text = text_of("standard input", sys.stdin.buffer.read())
        return Added((editor.add(name or "", text, overwrite=overwrite),))
    if path.is_dir():
        found = scan(path, suffixes=SUFFIXES, max_bytes=editor.limits.document_bytes)
        if not found.files:
            raise VaultError(f"{path} holds no Markdown files and no documents")
        files = [Incoming.from_file(path / each.path, each.path) for each in found.files]
        return editor.add_files(files, folder=name or "", overwrite=overwrite)
    if not path.is_file():
        raise VaultError(f"{path} is neither a file nor a folder")
    file = Incoming.from_file(path)
    if file.suffix == ARCHIVE_SUFFIX:
        return editor.add_files([file], folder=name or "", overwrite=overwrite)
    if name:
        kept = name if name.lower().endswith((".md", ".markdown")) else f"{name}.md"
        return editor.add_files([file], name=kept, overwrite=overwrite)
    return editor.add_files([file], overwrite=overwrite)


def _unpacked(files: Iterable[Incoming], limits: Limits) -> tuple[list[Incoming], list[str]]:
    found: list[Incoming] = []
    left_out: list[str] = []
    for file in files:
        check(file, limits)
        if file.suffix != ARCHIVE_SUFFIX:
            found.append(file)
            continue
        unpacked = unpack(file.name, file.read(), limits)
        found += unpacked.files
        left_out += unpacked.left_out
    return found, left_out


def _refuse_twice(names: Sequence[str]) -> None:
    """Refuse two files that are one on some system: there case and composition do not count."""
    seen: dict[str, str] = {}
    for name in names:
        key = unicodedata.normalize("NFC", name).casefold()
        if key in seen:
            both = name if seen[key] == name else f"{seen[key]} and {name}"
            raise VaultError(f"{both}: two of the files would be the same note; rename one")
        seen[key] = name


def _text(file: Incoming) -> str:
    data = file.read()
    if file.suffix in TEXT_SUFFIXES:
        return text_of(file.name, data)
    return to_markdown(file.name, file.suffix, data)
