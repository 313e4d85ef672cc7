"""`Guard`: an object as one person may use it. Every page's calls go through one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, cast

from kb.access import policy
from kb.access.policy import Policy
from kb.errors import NotAllowed

if TYPE_CHECKING:
    from kb.access.person import Person
    from kb.knowledge import KnowledgeBase
    from kb.pages.indexer import Indexer


class Guard:
    """Passes on what a policy allows a person; what is private to nobody."""

    __slots__ = ("_person", "_policy", "_target")

    def __init__(self, target: object, person: Person, rules: Policy) -> None:
        self._target = target
        self._person = person
        self._policy = rules

    def __getattr__(self, name: str) -> object:
        """Return an attribute of the object, or what refuses to be called.

        :raises NotAllowed: if it is no method and not for this person.
        """
        if name.startswith("_") or name in self._policy.never:
            raise AttributeError(f"{type(self._target).__name__}.{name} is not for pages")
        if name in self._policy.parts:
            part = getattr(self._target, name)
            if name == "history":
                part = part.of(self._person.owner)
            return Guard(part, self._person, self._policy.parts[name])
        if self._person.may_write or name in self._policy.reading:
            return getattr(self._target, name)
        if callable(getattr(type(self._target), name, None)):
            return _refusal(name)
        raise _not_allowed(name)


def guarded(base: KnowledgeBase, person: Person) -> KnowledgeBase:
    """Return a base as a person may use it, with their own chats as its history."""
    return cast("KnowledgeBase", Guard(base, person, policy.BASE))


def guarded_indexer(indexer: Indexer, person: Person) -> Indexer:
    """Return what indexes, as a person may use it."""
    return cast("Indexer", Guard(indexer, person, policy.INDEXER))


def _refusal(name: str) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise _not_allowed(name)

    return refuse


def _not_allowed(name: str) -> NotAllowed:
    return NotAllowed(
        f"you may read these notes but not change them ({name.replace('_', ' ')}):"
        " ask whoever shares them to make you an editor"
    )
