"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kb.doctor.asked import answers_given, conflicts, never_found
from kb.doctor.duplicates import duplicates
from kb.doctor.finding import Finding
from kb.doctor.index import index, models
from kb.doctor.links import dead_links
from kb.doctor.machine import machine
from kb.doctor.offline import check_offline
from kb.doctor.reading import Folder, read_folder
from kb.doctor.twins import drifted
from kb.errors import HistoryError, VaultError

if TYPE_CHECKING:
    from kb.config import Settings
    from kb.knowledge import KnowledgeBase

Tell = Callable[[str], None]


def examine(base: KnowledgeBase, *, offline: bool = False, tell: Tell) -> Iterator[Finding]:
    """Look over notes, history, index, models and machine; nothing is changed.

    :param offline: instead, prove that indexing and asking open no socket.
    :param tell: told what is looked at next.
    """
    if offline:
        tell("sockets")
        yield from check_offline()
        return
    settings = base.settings
    tell("notes")
    try:
        folder, unread = read_folder(settings.notes, settings.max_note_bytes)
    except VaultError as exc:
        yield Finding("folder", "broken", str(settings.notes), str(exc))
        return
    yield from unread
    for check in (dead_links, duplicates, drifted):
        tell(check.__name__.replace("_", " "))
        yield from check(folder)
    tell("history")
    yield from _history(base, folder)
    tell("index")
    yield from index(settings, folder.scan)
    tell("models")
    yield from models(settings)
    tell("machine")
    yield from machine(settings.notes)


def _history(base: KnowledgeBase, folder: Folder) -> Iterator[Finding]:
    try:
        answers = answers_given(base.history)
    except HistoryError as exc:
        yield Finding("history", "broken", str(base.history.path), str(exc))
        answers = []
    yield from never_found(folder, answers)
    yield from conflicts(folder, answers, _threshold(base.settings))


def _threshold(settings: Settings) -> float:
    """Return the confidence from which an answer is shown."""
    from qa.answerer import Judge
    from qa.errors import QaError

    given = settings.threshold
    try:
        return Judge.load().retrieved.threshold if given is None else given
    except QaError:
        return 1.0  # told among the models
