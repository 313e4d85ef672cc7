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
        return inside and (not self.tags or not self.tag_terms().isdisjoint(map(clean_tag, tags)))

    def tag_terms(self) -> frozenset[str]:
        """Return the tags as they are indexed."""
        return frozenset(map(clean_tag, self.tags))

    def folder_terms(self) -> frozenset[str]:
        """Return the folders without slashes at their ends; empty if all notes are inside."""
        return (
            frozenset(folder.strip("/") for folder in self.folders)
            if self._limits_folders()
            else frozenset()
        )

    def _limits_folders(self) -> bool:
        return bool(self.folders) and all(folder.strip("/") for folder in self.folders)


def clean_tag(tag: str) -> str:
    """Return a tag in lower case without its ``#``: people write it either way."""
    return tag.strip().lstrip("#").lower()


def ancestors(folder: str) -> list[str]:
    """Return the folder and every folder above it, the root left out: ``a/b`` gives a, a/b."""
    parts = [part for part in folder.split("/") if part]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
