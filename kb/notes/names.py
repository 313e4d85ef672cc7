"""Finds the note that a link names: by its path, its file name, its title or an alias."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from urllib.parse import unquote

_ENDING = re.compile(r"\.(?:md|markdown)\Z", re.IGNORECASE)


class NoteNames:
    """The names of the notes of a folder.

    :param notes: path, title and aliases of each; of notes with one name, the first by path has
        it, and a title comes before an alias.
    """

    def __init__(self, notes: Iterable[tuple[str, ...]]) -> None:
        self._paths: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._titles: dict[str, str] = {}
        self._aliases: dict[str, str] = {}
        for path, title, *aliases in sorted(notes):
            key = _ENDING.sub("", path).casefold()
            self._paths.setdefault(key, path)
            self._names.setdefault(key.rpartition("/")[2], path)
            self._titles.setdefault(_folded(title), path)
            for alias in aliases:
                self._aliases.setdefault(_folded(alias), path)

    def wiki(self, target: str) -> str | None:
        """Return the path of the note that ``[[target#heading]]`` names, None if there is none."""
        name = _ENDING.sub("", target.partition("#")[0].strip()).strip("/").casefold()
        below = f"/{name}"
        return (
            self._paths.get(name)
            or next((path for key, path in self._paths.items() if key.endswith(below)), None)
            or self._names.get(name)
            or self._titles.get(_folded(name))
            or self._aliases.get(_folded(name))
        )

    def relative(self, target: str, note: str) -> str | None:
        """Return the path of the note that a link's address names, seen from another note."""
        path = unquote(target.partition("#")[0].partition("?")[0])
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(note), path))
        return self._paths.get(_ENDING.sub("", joined).casefold()) if path else None


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
