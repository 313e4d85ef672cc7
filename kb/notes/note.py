"""Reads what a note says about itself: title, tags, aliases, links and questions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

from kb.markdown.document import Document, Reference, parse_markdown
from kb.notes.front_matter import FrontMatter, read_front_matter
from kb.notes.listed_questions import listed_questions
from kb.notes.questions import Question, questions_of

_TAG_EDGES = "#/ \t\"'"
GOLDEN_FILE = "golden.md"
_YES = frozenset({"true", "yes", "1"})
_ITEM = re.compile(r"[,，、;；]")


@dataclass(frozen=True, slots=True)
class Note:
    """A note as its text describes it; offsets count the code points of the source.

    :param path: path in the notes folder, with forward slashes.
    :param tags: lower case, without ``#``, in order of appearance.
    :param body_start: where the Markdown begins, after front matter.
    :param warnings: what could not be read, a line each.
    :param is_golden: whether it is a list of golden questions, see `kb.golden`, and no source.
    """

    path: str
    title: str
    tags: tuple[str, ...]
    aliases: tuple[str, ...]
    links: tuple[Reference, ...]
    body_start: int
    questions: tuple[Question, ...]
    warnings: tuple[str, ...]
    is_golden: bool = False


def parse_note(path: str, source: str) -> Note:
    """Read a note; never fails, what is wrong with it becomes a warning."""
    front = read_front_matter(source)
    document = parse_markdown(source, front.body_start)
    tags = [*_tags(front.values.get("tags")), *_tags(front.values.get("tag")), *document.tags]
    aliases = [*_texts(front.values.get("aliases")), *_texts(front.values.get("alias"))]
    return Note(
        path=path,
        title=_title(path, front, document),
        tags=tuple(dict.fromkeys(tags)),
        aliases=tuple(dict.fromkeys(aliases)),
        links=document.links,
        body_start=front.body_start,
        questions=(
            *questions_of(document, front),
            *listed_questions(document.blocks, source),
        ),
        warnings=front.warnings,
        is_golden=path == GOLDEN_FILE or _text(front.values.get("golden")).lower() in _YES,
    )


def _title(path: str, front: FrontMatter, document: Document) -> str:
    title = _text(front.values.get("title"))
    if title:
        return title
    for block in document.blocks:
        if block.kind == "heading" and block.level == 1 and block.text is not None:
            return block.text.text
    return PurePosixPath(path).stem


def _text(value: object) -> str:
    """Return a scalar as one line; anything else as nothing."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _texts(value: object) -> list[str]:
    """Return the texts of a list, or of one string with commas."""
    if isinstance(value, str):
        value = list[object](_ITEM.split(value))
    return [text for item in _list(value) if (text := _text(item))]


def _tags(value: object) -> list[str]:
    if isinstance(value, str):
        value = list[object](_ITEM.sub(" ", value).split())
    tags = [_text(item).strip(_TAG_EDGES).lower() for item in _list(value)]
    return [tag for tag in tags if tag]
