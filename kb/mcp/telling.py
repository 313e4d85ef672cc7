"""Tells an answer in words that a language model can quote, with the notes it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from mcp.types import ContentBlock, ResourceLink, TextContent

from kb.answer import Answer, Citation, Scored

_EXCERPT = 300


def uri_of(path: str) -> str:
    """Return the URI of a note."""
    return f"note:///{quote(path)}"


def answer(found: Answer) -> list[ContentBlock]:
    """Return an answer, where it stands, and links to these notes."""
    if found.text is None:
        text = "The notes do not answer this."
        if found.nearest:
            text += " Nearest passages:\n\n" + _passages(found.nearest)
        return [TextContent(text=text), *_links(each.citation for each in found.nearest)]
    lines = [found.text, "", f"Confidence {found.confidence:.0%}. The words stand in:"]
    lines += [_place(citation) for citation in found.citations]
    return [TextContent(text="\n".join(lines)), *_links(found.citations)]


def passages(found: Sequence[Scored]) -> list[ContentBlock]:
    """Return passages, best first, and links to their notes."""
    text = _passages(found) or "Nothing found."
    return [TextContent(text=text), *_links(each.citation for each in found)]


def _passages(found: Sequence[Scored]) -> str:
    return "\n\n".join(
        f"{number}. {_place(each.citation)}\n{_excerpt(each.citation.passage)}"
        for number, each in enumerate(found, start=1)
    )


def _place(citation: Citation) -> str:
    heading = f" › {citation.heading}" if citation.heading else ""
    where = f"{citation.start}–{citation.end}"
    return f"{citation.note} ({citation.title}{heading}), characters {where}"


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…"


def _links(citations: Iterable[Citation]) -> list[ResourceLink]:
    titles = {citation.note: citation.title for citation in citations}
    return [
        ResourceLink(uri=uri_of(note), name=note, title=title, mime_type="text/markdown")
        for note, title in titles.items()
    ]
