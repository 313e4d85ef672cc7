"""Writes a note as the pages render it: links that open, callouts, and the cited words marked.

The renderer knows CommonMark, tables and LaTeX. What it lacks is put in its words here; the cited
span gets an invisible character at either end, which the page looks for, so that what is lit goes
by offsets and not by a search for the words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markdown_it.token import Token

from kb.markdown.document import Block, Document, parse_markdown
from kb.markdown.lines import SourceLines
from kb.markdown.region import Edit
from kb.markdown.rules import block_parser

# Neither is ever seen; in a note itself they become a character as invisible and as long.
SPAN_START, SPAN_END = "\u2063", "\u2064"
_OTHER = str.maketrans(dict.fromkeys((SPAN_START, SPAN_END), "\u200b"))
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_WIKI = re.compile(r"!?\[\[([^\[\]|\n]+)(?:\|([^\[\]\n]*))?\]\]")
_CALLOUT = re.compile(r"((?:[ \t]*>)+[ \t]?)\[!([\w -]+)\][+-]?[ \t]*(.*)")
_ADMONITION = re.compile(
    r"([ \t]*)(?:!!!|\?\?\?\+?)[ \t]+([\w-]*)[^\"\n]*(?:\"([^\"\n]*)\")?[ \t]*"
)
_SLASHES = re.compile(r"[ \t]*/{3,}[ \t]*([\w.-]*)[ \t]*(?:\|[ \t]*(.*?))?[ \t]*")
FORMULA = re.compile(r"(?<!\\)(?:\$\$.+?\$\$|\$(?=[^\s$])[^$\n]*(?<=[^\s$])\$(?!\d))", re.DOTALL)
# What must stay at the beginning of a line.
_LINE_MARKERS = re.compile(r"[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)]|#{1,6}|\|)(?:[ \t]+|(?<=[>|])))*")
_KINDS = {
    "tip": ("green", "lightbulb"),
    "hint": ("green", "lightbulb"),
    "success": ("green", "check_circle"),
    "check": ("green", "check_circle"),
    "important": ("violet", "priority_high"),
    "question": ("violet", "help"),
    "example": ("violet", "science"),
    "warning": ("orange", "warning"),
    "caution": ("orange", "warning"),
    "danger": ("red", "error"),
    "failure": ("red", "error"),
    "bug": ("red", "bug_report"),
    "quote": ("gray", "format_quote"),
}
_DEFAULT_KIND = ("blue", "info")


@dataclass(frozen=True, slots=True)
class Readable:
    """A note for the renderer.

    :param lit: whether the cited span is marked in it.
    """

    text: str
    lit: bool


def readable(
    source: str,
    start: int,
    end: int,
    cited: tuple[int, int] | None,
    address: Callable[[str], str | None],
) -> Readable:
    """Return a part of a note as Markdown for the renderer.

    :param start: where the part begins in the source, at the start of a line.
    :param cited: the span to mark, in the source.
    :param address: gives the address of the note that a wiki link names, None if there is none.
    """
    # What lies before and after is blanked out, so that offsets stay those of the source.
    text = source[:end].translate(_OTHER)
    document = parse_markdown(text, start)
    edits = [*_links(text, document, address), *_boxes(text, start)]
    marks = _marks(text, start, document, edits, cited) if cited else None
    if marks is not None:
        edits += [Edit(marks[0], marks[0], SPAN_START), Edit(marks[1], marks[1], SPAN_END)]
    return Readable(_edited(text, start, edits), marks is not None)


def _edited(text: str, start: int, edits: list[Edit]) -> str:
    parts: list[str] = []
    position = start
    for edit in sorted(edits):
        if edit.start >= position:
            parts += [text[position : edit.start], edit.replacement]
            position = edit.end
    return "".join([*parts, text[position:]])


def _links(text: str, document: Document, address: Callable[[str], str | None]) -> Iterator[Edit]:
    """Write each wiki link as a link with an address, or as its words if no note has the name."""
    for link in document.links:
        match = _WIKI.fullmatch(text, link.start, link.end)
        if match is None:
            continue
        label = (match[2] or "").strip() or " › ".join(filter(None, link.target.split("#")))
        shown = _PUNCTUATION.sub(r"\\\1", label)
        found = address(link.target)
        yield Edit(link.start, link.end, f"[{shown}](<{found}>)" if found else shown)


def _boxes(text: str, start: int) -> Iterator[Edit]:
    """Write callouts and admonitions as quotes that begin with a title."""
    lines = SourceLines.of(text, start)
    # Blocks only: parsing what stands in a line recurses without bound.
    tokens: list[Token] = []
    parser = block_parser()
    parser.block.parse(lines.text, parser, {}, tokens)
    literal = {
        line
        for token in tokens
        if token.type in ("fence", "code_block", "html_block") and token.map
        for line in range(*token.map)
    }
    boxed = _indented(tokens)
    for number, (low, high) in enumerate(zip(lines.starts, lines.ends, strict=True)):
        if number not in literal:
            yield from _titled(text, low, high)
        indent = min(low + 4 * boxed.get(number, 0), high)
        if number in boxed and not text[low:indent].strip(" "):
            yield Edit(low, indent, "> " * boxed[number])


def _titled(text: str, low: int, high: int) -> Iterator[Edit]:
    """Write the line that begins a callout, or ends one, if it is such a line."""
    if match := _CALLOUT.fullmatch(text, low, high):
        yield Edit(match.start(2) - 2, match.start(3), _title(match[2], match[3], bare=True))
        yield Edit(high, high, f"\n{match[1].rstrip()}")
    elif match := _SLASHES.fullmatch(text, low, high):
        yield Edit(low, high, _title(match[1], match[2] or "") if match[1] else "")
    elif text[low:high].lstrip().startswith(("!!!", "???")) and (
        match := _ADMONITION.fullmatch(text, low, high)
    ):
        yield Edit(low, high, f"{match[1]}> {_title(match[2], match[3] or '')}\n{match[1]}>")


def _title(kind: str, title: str, *, bare: bool = False) -> str:
    """Return an icon and the title, or the kind where there is none.

    :param bare: whether the title itself stands behind in the note and is left there.
    """
    colour, icon = _KINDS.get(kind.strip().lower(), _DEFAULT_KIND)
    words = "" if bare and title.strip() else f"**{title.strip() or kind.strip().capitalize()}**"
    return f":{colour}[:material/{icon}:] {words}"


def _indented(tokens: list[Token]) -> dict[int, int]:
    """Return how many admonitions each line is in."""
    depths: dict[int, int] = {}
    for token in tokens:
        if token.type == "box_open" and token.map:
            for line in range(token.map[0] + 1, token.map[1]):
                depths[line] = depths.get(line, 0) + 1
    return depths


def _marks(
    text: str, body: int, document: Document, edits: list[Edit], cited: tuple[int, int]
) -> tuple[int, int] | None:
    """Return where the marks may stand: as cited, but never inside markup; None if nowhere."""
    start, end = cited
    if not body <= start < end <= len(text):
        return None
    line = text.rfind("\n", 0, start) + 1
    markers = _LINE_MARKERS.match(text, line)
    if markers and start < markers.end():
        start = markers.end()
    while end > start and (text[end - 1].isspace() or text[end - 1] == "|"):
        end -= 1
    for low, high in [*_formulas(text, start, end), *((each.start, each.end) for each in edits)]:
        start = low if low < start < high else start
        end = high if low < end < high else end
    if start >= end:
        return None
    marked = f"{text[:start]}{SPAN_START}{text[start:end]}{SPAN_END}{text[end:]}"
    seen = _seen(parse_markdown(marked, body))
    bare = seen.replace(SPAN_START, "").replace(SPAN_END, "")
    return (start, end) if bare == _seen(document) and len(seen) == len(bare) + 2 else None


def _formulas(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the formulas of the paragraphs around a span."""
    low = max(0, text.rfind("\n\n", 0, start))
    high = text.find("\n\n", end)
    found = FORMULA.finditer(text, low, len(text) if high < 0 else high)
    return [match.span() for match in found]


def _seen(document: Document) -> str:
    """Return all that a reader sees of a note."""
    parts: list[str] = []
    waiting: list[Block] = [*reversed(document.blocks)]
    while waiting:
        block = waiting.pop()
        parts.append(block.text.text if block.text else "")
        waiting += reversed(block.children)
    return "\n".join(parts)
