"""Reads what follows the text of a link: a target, or the label of a reference."""

from __future__ import annotations

import re

from markdown_it.common.utils import normalizeReference

MAX_LABEL = 999
MAX_PARENTHESES = 32

_SPACE = re.compile(r"[ \t]*+\n?[ \t]*+")
_ANGLE = re.compile(r"<(?:[^<>\\\n]|\\.)*+>")
_PLAIN = re.compile(r"(?:[^\x00-\x20\x7f()\\]|\\[^\x00-\x20\x7f]|\\(?=[\x00-\x20\x7f]|$))++")
_TITLES = {
    '"': re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL),
    "'": re.compile(r"'(?:[^'\\]|\\.)*+'", re.DOTALL),
    "(": re.compile(r"\((?:[^()\\]|\\.)*+\)", re.DOTALL),
}
_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\.)*+)\]", re.DOTALL)
_ATTRIBUTES = re.compile(r"\{:?[ \t]*[.#][^{}\n]*+\}")


def target_end(text: str, position: int) -> int | None:
    """Return where ``(target "title")`` that starts at a position ends, or None."""
    if not text.startswith("(", position):
        return None
    position = _skip(text, position + 1)
    after = _destination_end(text, position)
    if after is None:
        return None
    end = _skip(text, after)
    if end > after and (title := _title_end(text, end)) is not None:
        end = _skip(text, title)
    return end + 1 if text.startswith(")", end) else None


def destination_span(text: str, position: int) -> tuple[int, int]:
    """Return the range of the address in a target for which ``target_end`` found an end."""
    start = _skip(text, position + 1)
    end = _destination_end(text, start) or start
    return (start + 1, end - 1) if text.startswith("<", start) else (start, end)


def reference_end(
    text: str, label_start: int | None, close: int, known: frozenset[str]
) -> int | None:
    """Return where a link to a reference ends, or None.

    :param label_start: first character of the link's text; None if it cannot be a label itself.
    :param close: the bracket that closes the text.
    :param known: the normalized labels of the note's references.
    """
    if not known:
        return None
    following = _LABEL.match(text, close + 1, close + 1 + MAX_LABEL + 2)
    if following and following[1]:
        return following.end() if _is_known(following[1], known) else None
    if label_start is None or close - label_start > MAX_LABEL:
        return None
    if not _is_known(text[label_start:close], known):
        return None
    return following.end() if following else close + 1


def attributes_end(text: str, position: int) -> int:
    """Return where ``{.class #id}`` after a link ends; the position itself if there is none."""
    match = _ATTRIBUTES.match(text, position)
    return match.end() if match else position


def _is_known(label: str, known: frozenset[str]) -> bool:
    return bool(label.strip()) and normalizeReference(label) in known


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _title_end(text: str, position: int) -> int | None:
    pattern = _TITLES.get(text[position : position + 1])
    match = pattern.match(text, position) if pattern else None
    return match.end() if match else None


def _destination_end(text: str, position: int) -> int | None:
    if text.startswith("<", position):
        match = _ANGLE.match(text, position)
        return match.end() if match else None
    depth = 0
    while position < len(text):
        if match := _PLAIN.match(text, position):
            position = match.end()
        elif text[position] == "(":
            depth += 1
            if depth > MAX_PARENTHESES:
                return None
            position += 1
        elif text[position] == ")" and depth:
            depth -= 1
            position += 1
        else:
            break
    return None if depth else position
