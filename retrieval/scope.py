"""The part of the notes that a search is limited to."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Notes with any of the tags that also lie in or below any of the folders; empty: no limit.

    :param folders: POSIX paths below the notes' root; ``""`` is the root, so everything.
    """

    tags: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tags) or self._limits_folders()

    def admits(self, tags: Iterable[str], folder: str) -> bool:
        """Say whether a note with these tags in this folder is inside."""
        inside = not self._limits_folders() or not self.folder_terms().isdisjoint(ancestors(folder))
        return inside and (not self.tags or not frozenset(self.tags).isdisjoint(tags))

    def folder_terms(self) -> frozenset[str]:
        """Return the folders without slashes at their ends; empty if all notes are inside."""
        return (
            frozenset(folder.strip("/") for folder in self.folders)
            if self._limits_folders()
            else frozenset()
        )

    def _limits_folders(self) -> bool:
        return bool(self.folders) and all(folder.strip("/") for folder in self.folders)


def ancestors(folder: str) -> list[str]:
    """Return the folder and every folder above it, the root left out: ``a/b`` gives a, a/b."""
    parts = [part for part in folder.split("/") if part]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
