"""Reads the YAML block at the top of a note."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import cast

import yaml

MAX_FRONT_MATTER_BYTES = 64 * 1024

_OPENING = re.compile(r"\ufeff?---[ \t]*(?:\r\n|\n|\r)")
_CLOSING = re.compile(r"(?:(?<=\n)|(?<=\r))(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)")
_NULL_TAG = "tag:yaml.org,2002:null"


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The properties of a note.

    :param values: what the block holds; every scalar is a string as written, or None.
    :param start: offset where the YAML begins.
    :param end: offset where it ends.
    :param body_start: offset where the Markdown begins.
    :param warnings: what could not be read, a line each.
    """

    values: dict[str, object] = field(default_factory=dict[str, object])
    start: int = 0
    end: int = 0
    body_start: int = 0
    warnings: tuple[str, ...] = ()


class _Loader(yaml.SafeLoader):
    """A safe loader that keeps scalars as written ("3.10" stays so) and knows no aliases.

    Without aliases a document cannot grow when it is read.
    """

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        event = cast("object", self.peek_event())  # pyright: ignore[reportUnknownMemberType]
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError(f"alias *{event.anchor} is not allowed")
        return super().compose_node(parent, cast("int", index))


_Loader.yaml_implicit_resolvers = {
    char: [rule for rule in rules if rule[0] == _NULL_TAG]
    for char, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_front_matter(source: str) -> FrontMatter:
    """Read the front matter of a note; what is wrong with it becomes a warning."""
    body_start = int(source.startswith("\ufeff"))
    opening = _OPENING.match(source)
    closing = _CLOSING.search(source, opening.end()) if opening else None
    if opening is None or closing is None:
        return FrontMatter(body_start=body_start)
    start, end, after = opening.end(), closing.start(), closing.end()
    block = source[start:end]
    if len(block.encode("utf-8", "replace")) > MAX_FRONT_MATTER_BYTES:
        limit = MAX_FRONT_MATTER_BYTES // 1024
        warning = f"front matter is longer than {limit} KiB and was not read"
        return FrontMatter({}, start, end, after, (warning,))
    try:
        loaded: object = yaml.load(block, _Loader)
    except RecursionError:
        warning = "front matter is nested too deeply and was not read"
        return FrontMatter({}, start, end, after, (warning,))
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        reason = " ".join(str(error).split())
        warning = f"front matter is not valid YAML and was not read: {reason}"
        return FrontMatter({}, start, end, after, (warning,))
    if loaded is None:
        return FrontMatter({}, start, end, after)
    if not isinstance(loaded, dict):
        warning = "front matter is not a list of properties (name: value) and was read as text"
        return FrontMatter(body_start=body_start, warnings=(warning,))
    pairs = cast("dict[object, object]", loaded)
    values = {str(name).strip().lower(): value for name, value in pairs.items()}
    return FrontMatter(values, start, end, after)
