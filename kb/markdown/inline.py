"""Finds the markup inside a block of text, so that only what a reader sees is left.

Every rule turns a stretch of the text into an edit; what no edit touches is kept as it stands. Each
character is looked at a bounded number of times, whatever the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple

from kb.markdown.emphasis import Delimiter, DelimiterStack
from kb.markdown.links import attributes_end, destination_span, reference_end, target_end
from kb.markdown.region import Edit

# Longer blocks are data, not prose: they are kept as plain text.
MAX_INLINE_CHARS = 100_000

_SPECIAL = re.compile(r"[\\`*_~=\[\]!<&\n{$#^]")
_BACKTICKS = re.compile(r"`++")
_WIKI = re.compile(r"\[\[([^\[\]|\n]++)(?:\|([^\[\]\n]*+))?\]\]")
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]++\]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_AUTOLINK = re.compile(
    r"<([A-Za-z][A-Za-z0-9+.\-]{1,31}:[^<>\x00-\x20]*+|[\w.!#$%&'*+/=?^`{|}~-]++@[\w.-]++)>"
)
_TAG = re.compile(
    r"<(?:/[A-Za-z][A-Za-z0-9-]*+\s*+"
    r"|[A-Za-z][A-Za-z0-9-]*+(?:\s++[A-Za-z_:][\w.:-]*+"
    r"(?:\s*+=\s*+(?:[^\s\"'=<>`]++|'[^']*+'|\"[^\"]*+\"))?+)*+\s*+/?)>",
    re.ASCII,
)
_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_INCLUDE = re.compile(r"\{([*!%])[^{}\n]*?\1\}")
_HASHTAG = re.compile(r"#([\w/-]*[^\W\d][\w/-]*)")
_BLOCK_ID = re.compile(r"\^[A-Za-z0-9-]++[ \t]*+$")
_EMPTY_COMMENT = re.compile(r"<!---?>")
_RAW_MARK = re.compile(r"<!--|<\?|<!\[CDATA\[|<!(?=[A-Za-z])")
_RAW_ENDS = {"<!--": "-->", "<?": "?>", "<![CDATA[": "]]>", "<!": ">"}
_WIDE = (("\u2e80", "\u9fff"), ("\uf900", "\ufaff"), ("\uff00", "\uffef"))


class LinkSpan(NamedTuple):
    """A link in the text of a block.

    The range covers the brackets of a wiki link, and of another link the address alone.
    """

    target: str
    start: int
    end: int


class _Bracket(NamedTuple):
    """An opening bracket that may start a link."""

    start: int
    image: bool
    below: Delimiter | None


@dataclass(slots=True)
class Inline:
    """What a block of text holds."""

    edits: list[Edit] = field(default_factory=list[Edit])
    links: list[LinkSpan] = field(default_factory=list[LinkSpan])
    addresses: list[LinkSpan] = field(default_factory=list[LinkSpan])
    tags: list[str] = field(default_factory=list[str])


def scan_inline(text: str, references: frozenset[str]) -> Inline:
    """Find the markup of a block.

    :param text: the lines of the block without container markers.
    :param references: normalized labels of the note's link references.
    """
    if not _SPECIAL.search(text):
        return Inline()
    scanner = _Scanner(text, references)
    if len(text) > MAX_INLINE_CHARS:
        scanner.scan_line_ends()
    else:
        scanner.scan()
    return scanner.found


class _Scanner:
    def __init__(self, text: str, references: frozenset[str]) -> None:
        self.text = text
        self.references = references
        self.found = Inline()
        self.delimiters = DelimiterStack()
        self.brackets: list[_Bracket] = []
        # Brackets below this height stand around a link and cannot be one themselves.
        self.inactive = 0
        self.newest_bracket = -1
        self.ticks: dict[int, list[int]] | None = None
        self.absent: set[str] = set()
        self.rules: dict[str, Callable[[int], int]] = {
            "\\": self._escape,
            "`": self._code,
            "[": self._open,
            "]": self._close,
            "!": self._image,
            "<": self._angle,
            "&": self._entity,
            "\n": self._line_end,
            "{": self._include,
            "$": self._math,
            "#": self._hashtag,
            "^": self._block_id,
        } | dict.fromkeys("*_~=", self._delimiter)

    def scan(self) -> None:
        """Find everything."""
        position = 0
        while match := _SPECIAL.search(self.text, position):
            position = self.rules[match[0]](match.start())
        self.delimiters.pair(None, self.found.edits)

    def scan_line_ends(self) -> None:
        """Find nothing but line ends."""
        position = self.text.find("\n")
        while position >= 0:
            position = self.text.find("\n", self._line_end(position))

    def _edit(self, start: int, end: int, replacement: str = "") -> int:
        self.found.edits.append(Edit(start, end, replacement))
        return end

    def _escape(self, at: int) -> int:
        following = self.text[at + 1 : at + 2]
        if following == "\n":
            return self._line_end(at + 1, start=at)
        if following and following in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~":
            return self._edit(at, at + 2, following)
        return at + 1

    def _line_end(self, at: int, *, start: int | None = None) -> int:
        """Turn a line end and the white space around it into one space or line end."""
        text = self.text
        first, last = at if start is None else start, at + 1
        while first and text[first - 1] in " \t":
            first -= 1
        while last < len(text) and text[last] in " \t":
            last += 1
        if start is not None or text.endswith("  ", first, at):
            return self._edit(first, last, "\n")
        joined = _is_wide(text[first - 1 : first]) and _is_wide(text[last : last + 1])
        return self._edit(first, last, "" if joined else " ")

    def _code(self, at: int) -> int:
        opening = _BACKTICKS.match(self.text, at)
        end = opening.end() if opening else at + 1
        close = self._closing_ticks(end - at, end)
        if close is None:
            return end
        first, last = end, close
        inner = self.text[first:last]
        if inner.strip(" \n") and inner[0] in " \n" and inner[-1] in " \n":
            first, last = first + 1, last - 1
        self._edit(at, first)
        self._soften(first, last)
        return self._edit(last, close + end - at)

    def _closing_ticks(self, length: int, after: int) -> int | None:
        if self.ticks is None:
            self.ticks = {}
            for run in _BACKTICKS.finditer(self.text):
                self.ticks.setdefault(len(run[0]), []).append(run.start())
        starts = self.ticks.get(length, [])
        index = bisect_right(starts, after - 1)
        return starts[index] if index < len(starts) else None

    def _soften(self, start: int, end: int) -> None:
        """Turn the line ends in a stretch without markup into spaces."""
        at = self.text.find("\n", start, end)
        while at >= 0:
            self._edit(at, at + 1, " ")
            at = self.text.find("\n", at + 1, end)

    def _delimiter(self, at: int) -> int:
        text, end = self.text, at + 1
        while end < len(text) and text[end] == text[at]:
            end += 1
        self.delimiters.push(text, at, end)
        return end

    def _image(self, at: int) -> int:
        if not self.text.startswith("[", at + 1):
            return at + 1
        if self.text.startswith("[[", at + 1) and (match := _WIKI.match(self.text, at + 1)):
            return self._wiki(match, at)
        return self._push(at, image=True)

    def _open(self, at: int) -> int:
        if self.text.startswith("[[", at) and (match := _WIKI.match(self.text, at)):
            return self._wiki(match, at)
        if match := _FOOTNOTE.match(self.text, at):
            return self._edit(at, match.end())
        return self._push(at, image=False)

    def _push(self, at: int, *, image: bool) -> int:
        self.brackets.append(_Bracket(at, image, self.delimiters.top))
        self.newest_bracket = at
        return at + 1 + image

    def _wiki(self, match: re.Match[str], start: int) -> int:
        target, label = match[1].rstrip("\\"), match[2]
        shown = 1
        # In an embed, a number after the bar is a width.
        if label and label.strip() and not (start < match.start() and label[0].isdigit()):
            shown = 2
        self.found.links.append(LinkSpan(target.strip(), start, match.end()))
        self._edit(start, match.start(shown))
        end = match.start(1) + len(target) if shown == 1 else match.end(2)
        return self._edit(end, match.end())

    def _close(self, at: int) -> int:
        if not self.brackets:
            return at + 1
        opener = self.brackets.pop()
        height = len(self.brackets)
        if not opener.image and height < self.inactive:
            self.inactive = min(self.inactive, height)
            return at + 1
        end = self._link_end(opener, at)
        if end is None:
            self.inactive = min(self.inactive, height)
            return at + 1
        first = opener.start + 1 + opener.image
        self._edit(opener.start, first)
        self.delimiters.pair(opener.below, self.found.edits)
        self.inactive = min(self.inactive, height) if opener.image else height
        return self._edit(at, attributes_end(self.text, end))

    def _link_end(self, opener: _Bracket, at: int) -> int | None:
        end = target_end(self.text, at + 1)
        if end is not None:
            low, high = destination_span(self.text, at + 1)
            self.found.addresses.append(LinkSpan(self.text[low:high], low, high))
            return end
        # A label holds no brackets, so a bracket after the opening one rules out a reference.
        nested = self.newest_bracket > opener.start
        label_start = None if nested else opener.start + 1 + opener.image
        return reference_end(self.text, label_start, at, self.references)

    def _angle(self, at: int) -> int:
        if match := _AUTOLINK.match(self.text, at):
            self._edit(at, at + 1)
            return self._edit(match.end(1), match.end())
        if match := _TAG.match(self.text, at):
            return self._edit(at, match.end(), "\n" if _BREAK_TAG.fullmatch(match[0]) else "")
        if match := _EMPTY_COMMENT.match(self.text, at):
            return self._edit(at, match.end())
        return self._raw_markup(at)

    def _raw_markup(self, at: int) -> int:
        """Remove a comment, instruction, declaration or CDATA section."""
        match = _RAW_MARK.match(self.text, at)
        closing = _RAW_ENDS[match[0]] if match else ""
        if match is None or closing in self.absent:
            return at + 1
        end = self.text.find(closing, match.end())
        if end < 0:
            self.absent.add(closing)
            return at + 1
        return self._edit(at, end + len(closing))

    def _entity(self, at: int) -> int:
        match = _ENTITY.match(self.text, at)
        decoded = decode_entity(match[0]) if match else None
        return at + 1 if match is None or decoded is None else self._edit(at, match.end(), decoded)

    def _include(self, at: int) -> int:
        match = _INCLUDE.match(self.text, at)
        return self._edit(at, match.end()) if match else at + 1

    def _math(self, at: int) -> int:
        """Skip ``$…$`` or ``$$…$$``: formulas are kept as written."""
        text = self.text
        mark = "$$" if text.startswith("$$", at) else "$"
        first = at + len(mark)
        end = text.find(mark, first)
        if end <= first:
            return first
        spaced = text[first].isspace() or text[end - 1].isspace()
        if mark == "$" and (spaced or text[end + 1 : end + 2].isdigit()):
            return first
        self._soften(first, end)
        return end + len(mark)

    def _hashtag(self, at: int) -> int:
        match = _HASHTAG.match(self.text, at) if at == 0 or self.text[at - 1].isspace() else None
        if match is None:
            return at + 1
        self.found.tags.append(match[1].strip("/").lower())
        return match.end()

    def _block_id(self, at: int) -> int:
        match = _BLOCK_ID.match(self.text, at) if at and self.text[at - 1] in " \n" else None
        return self._edit(at, match.end()) if match else at + 1


def decode_entity(entity: str) -> str | None:
    """Return the character that an entity stands for, or None if there is no such entity."""
    decoded = unescape(entity)
    return None if decoded == entity or ";" in decoded[1:] else decoded or "\ufffd"


def _is_wide(char: str) -> bool:
    return bool(char) and any(low <= char <= high for low, high in _WIDE)
