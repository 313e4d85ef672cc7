"""Which of a base's methods are for readers; a method that stands nowhere here is for editors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_NONE: Mapping[str, Policy] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Policy:
    """What an object lets people do.

    :param reading: methods and attributes for everybody who was let in.
    :param writing: those for editors. They need not stand here to be refused to readers; a test
        asks for it, so that nothing is left out unthought.
    :param never: what no page needs.
    :param parts: attributes that are objects with a policy of their own.
    """

    reading: frozenset[str] = frozenset()
    writing: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    parts: Mapping[str, Policy] = field(default_factory=lambda: _NONE)


# A person's own chats are theirs to write; `History.of` keeps them from everybody else's.
HISTORY = Policy(
    reading=frozenset(
        {"add_turn", "chats", "delete_chat", "feedback", "new_chat", "rename_chat", "turns"}
    ),
    writing=frozenset({"inbox", "settle"}),
    never=frozenset({"answers", "asked", "asked_state", "close", "of", "path"}),
)

# A note opened at a place.
READING = Policy(
    reading=frozenset({"heading", "preview", "relocate", "render", "surroundings", "target"})
)

# The inbox shows what other people asked.
CURATION = Policy(
    writing=frozenset({"close", "inbox", "write_entry", "write_stub"}),
    never=frozenset({"close_answered"}),
)

EDITING = Policy(
    reading=frozenset({"limits", "version"}),
    writing=frozenset(
        {
            "add",
            "add_all",
            "add_files",
            "check_names",
            "delete",
            "deleted",
            "destroy",
            "move",
            "plan_move",
            "recover",
            "restore",
            "write",
        }
    ),
)

DIGEST = Policy(reading=frozenset({"backlinks", "of"}))

FAQ = Policy(
    reading=frozenset({"duplicates", "editable", "entries", "text_of"}),
    writing=frozenset({"accept", "edit", "merge", "promote", "remove"}),
)

# What is asked shows what other people asked.
INSIGHT = Policy(
    reading=frozenset({"notes", "passages"}),
    writing=frozenset({"asking"}),
    never=frozenset({"asking_now", "notes_now", "passages_now"}),
)

BASE = Policy(
    reading=frozenset(
        {
            "ask",
            "examples",
            "explain",
            "fingerprints",
            "folders",
            "notes",
            "read_note",
            "root",
            "search",
            "settings",
            "status",
            "tags",
            "threshold",
            "warm_up",
        }
    ),
    writing=frozenset({"add_note", "index", "index_gated"}),
    never=frozenset({"close", "open", "settle"}),
    parts=MappingProxyType(
        {
            "history": HISTORY,
            "curation": CURATION,
            "editing": EDITING,
            "faq": FAQ,
            "reading": READING,
            "digest": DIGEST,
            "insight": INSIGHT,
        }
    ),
)

INDEXER = Policy(
    reading=frozenset({"changes", "error", "news", "progress", "report", "running", "stopped"}),
    writing=frozenset({"start"}),
    never=frozenset({"closer"}),
)
