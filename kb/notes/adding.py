"""Add notes from a file, a folder or standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kb.errors import KbError, VaultError
from kb.notes.vault import read_text, scan

if TYPE_CHECKING:
    from kb.knowledge import KnowledgeBase


def add_source(base: KnowledgeBase, source: str, name: str | None, *, overwrite: bool) -> list[str]:
    """Copy notes into the base; all of a folder's or, when one cannot be added, none.

    :param source: a Markdown file, a folder of them, or ``-`` for standard input.
    :param name: path of the note in the base; a folder's notes go below it.
    :return: the paths they were written to.
    :raises VaultError: if a name is taken (without ``overwrite``) or not allowed.
    """
    notes = _read_all(source, name)
    if not overwrite:
        taken = [each for each, _text in notes if base.has_note(each)]
        if taken:
            more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
            raise VaultError(f"{taken[0]}{more} exists already: use --overwrite to replace it")
    return [base.add_note(each, text, overwrite=overwrite) for each, text in notes]


def _read_all(source: str, name: str | None) -> list[tuple[str, str]]:
    if source == "-":
        try:
            return [(name or "", sys.stdin.buffer.read().decode("utf-8"))]
        except UnicodeDecodeError as exc:
            raise KbError(f"standard input is not UTF-8 (byte {exc.start})") from exc
    path = Path(source)
    if path.is_dir():
        found = scan(path)
        if not found.files:
            raise VaultError(f"{path} holds no Markdown files")
        prefix = f"{name.rstrip('/')}/" if name else ""
        return [(prefix + file.path, read_text(path, file.path)) for file in found.files]
    if not path.is_file():
        raise VaultError(f"{path} is neither a file nor a folder")
    return [(name or path.name, read_text(path.parent, path.name))]
