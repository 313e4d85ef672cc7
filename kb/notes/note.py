"""Reads what a note says about itself: title, tags, aliases, links and questions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast

from kb.markdown.document import Document, Reference, parse_markdown
from kb.notes.front_matter import FrontMatter, read_front_matter

_QUESTION = re.compile(r"[?？][\"'”’」』）)*_\s]*$")
_TAG_EDGES = "#/ \t\"'"
_ITEM = re.compile(r"[,，、;；]")


@dataclass(frozen=True, slots=True)
class Question:
    """A question that a note asks, in a heading or in its front matter.

    :param answer: the curated answer; None for a heading, whose section is the answer.
    :param start: start in the source: of the heading's text, or of the front matter.
    :param end: its end in the source.
    """

    question: str
    answer: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Note:
    """A note as its text describes it; offsets count the code points of the source.

    :param path: path in the notes folder, with forward slashes.
    :param tags: lower case, without ``#``, in order of appearance.
    :param body_start: where the Markdown begins, after front matter.
    :param warnings: what could not be read, a line each.
    """

    path: str
    title: str
    tags: tuple[str, ...]
    aliases: tuple[str, ...]
    links: tuple[Reference, ...]
    body_start: int
    questions: tuple[Question, ...]
    warnings: tuple[str, ...]


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
        questions=(*_heading_questions(document), *_curated_questions(front)),
        warnings=front.warnings,
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


def _heading_questions(document: Document) -> Iterator[Question]:
    for block in document.blocks:
        if block.kind == "heading" and block.text and _QUESTION.search(block.text.text):
            yield Question(block.text.text, None, *block.text.span)


def _curated_questions(front: FrontMatter) -> Iterator[Question]:
    """Read ``faq``: a list of question and answer, or a mapping from one to the other."""
    for question, answer in _pairs(front.values.get("faq")):
        if question and answer:
            yield Question(question, answer, front.start, front.end)


def _pairs(value: object) -> Iterator[tuple[str, str]]:
    for item in _list(value):
        if not isinstance(item, dict):
            continue
        fields = {
            str(key).strip(): str(answer).strip()
            for key, answer in cast("dict[object, object]", item).items()
            if isinstance(answer, str)
        }
        named = {key.lower(): answer for key, answer in fields.items()}
        question = named.get("question") or named.get("q") or ""
        answer = named.get("answer") or named.get("a") or ""
        if question or answer:
            yield _text(question), answer
        else:
            yield from ((_text(key), answer) for key, answer in fields.items())
