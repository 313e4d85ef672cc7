"""The block grammar of notes: CommonMark, tables, footnotes, admonitions and display math."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, blockquote, list_block

# Deeper containers are read as text: each level costs Python frames and a pass over its lines.
MAX_NESTING = 40
MAX_MATH_LINES = 200

_FOOTNOTE = re.compile(r"\[\^([^\]\s]+)\]:")
_ADMONITION = re.compile(r"(?:!!!|\?\?\?\+?|===!?)[ \t]+([^\n]*)")
_TITLE = re.compile(r'"([^"\n]*)"[ \t]*$')
_SLASHES = re.compile(r"/{3,}[ \t]*(?:[A-Za-z][\w.-]*[ \t]*(?:\|[ \t]*([^\n]*?)[ \t]*)?)?$")
_ANYWHERE: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
_IN_LIST: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote"]}

Rule = Callable[[StateBlock, int, int, bool], bool]


@cache
def block_parser() -> MarkdownIt:
    """Return the parser of the block structure; inline text is left as it stands."""
    md = MarkdownIt("commonmark", {"maxNesting": 1_000_000}).enable("table")
    rules = md.block.ruler
    rules.at("blockquote", _shallow(blockquote), _ANYWHERE)
    rules.at("list", _shallow(list_block), _IN_LIST)
    rules.before("fence", "math_block", _math, _ANYWHERE)
    rules.before("fence", "slashes", _slashes, _ANYWHERE)
    rules.before("fence", "admonition", _shallow(_admonition), _ANYWHERE)
    rules.before("reference", "footnote", _shallow(_footnote), _ANYWHERE)
    return md


def _shallow(rule: Rule) -> Rule:
    """Refuse a container rule where the nesting is already at its limit."""

    def limited(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        return state.level < MAX_NESTING and rule(state, start, end, silent)

    return limited


def _line(state: StateBlock, line: int) -> tuple[int, int]:
    return state.bMarks[line] + state.tShift[line], state.eMarks[line]


def _title(state: StateBlock, title: str, line: int) -> None:
    """Add the title of a box as a paragraph of its own."""
    if not title:
        return
    state.push("paragraph_open", "p", 1).map = [line, line + 1]
    token = state.push("inline", "", 0)
    token.content, token.map = title, [line, line + 1]
    state.push("paragraph_close", "p", -1)


def _slashes(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    """Read one line ``/// name | title`` or ``///``; what is between them is ordinary Markdown."""
    position, stop = _line(state, start)
    if not state.src.startswith("///", position) or state.is_code_block(start):
        return False
    match = _SLASHES.match(state.src[position:stop])
    if match is None:
        return False
    if not silent:
        state.line = start + 1
        _title(state, match[1] or "", start)
    return True


def _admonition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read ``!!! note "title"``, ``??? note`` or ``=== "tab"`` with its indented content."""
    position, stop = _line(state, start)
    if not state.src.startswith(("!!!", "???", "==="), position) or state.is_code_block(start):
        return False
    match = _ADMONITION.match(state.src, position, stop)
    if match is None:
        return False
    title = _TITLE.search(match[1])
    if title is None and state.src[position] == "=":
        return False
    if silent:
        return True
    indent = state.blkIndent + 4
    last = start + 1
    while last < end and (state.isEmpty(last) or state.sCount[last] >= indent):
        last += 1
    state.push("box_open", "div", 1).map = [start, last]
    _title(state, title[1] if title else "", start)
    state.blkIndent = indent
    state.line = start + 1
    state.md.block.tokenize(state, start + 1, last)
    state.blkIndent = indent - 4
    state.push("box_close", "div", -1)
    state.line = last
    return True


def _footnote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read ``[^1]: text`` with its indented continuation."""
    position, stop = _line(state, start)
    if not state.src.startswith("[^", position) or state.is_code_block(start):
        return False
    match = _FOOTNOTE.match(state.src, position, stop)
    if match is None:
        return False
    if silent:
        return True
    begin = match.end()
    while begin < stop and state.src[begin] in " \t":
        begin += 1
    saved = state.bMarks[start], state.tShift[start], state.sCount[start], state.parentType
    opening = state.push("footnote_open", "div", 1)
    opening.map = lines = [start, 0]
    state.blkIndent += 4
    state.bMarks[start], state.tShift[start] = begin, 0
    state.sCount[start] = state.blkIndent
    state.parentType = "footnote"
    state.line = start
    state.md.block.tokenize(state, start, end)
    # An empty definition tokenizes nothing, yet a rule must use up its line.
    state.line = max(state.line, start + 1)
    lines[1] = state.line
    state.blkIndent -= 4
    state.bMarks[start], state.tShift[start], state.sCount[start], state.parentType = saved
    state.push("footnote_close", "div", -1)
    return True


def _math(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read ``$$`` … ``$$`` over several lines, in which nothing is Markdown."""
    position, stop = _line(state, start)
    if not state.src.startswith("$$", position) or state.is_code_block(start):
        return False
    if "$$" in state.src[position + 2 : stop]:
        return False
    for line in range(start + 1, min(end, start + MAX_MATH_LINES)):
        if not state.isEmpty(line) and state.sCount[line] < state.blkIndent:
            return False
        if "$$" in state.src[slice(*_line(state, line))]:
            if not state.src[slice(*_line(state, line))].rstrip().endswith("$$"):
                return False
            if not silent:
                token = state.push("math_block", "", 0)
                token.map = [start, line + 1]
                token.content = state.getLines(start, line + 1, state.blkIndent, True)
                state.line = line + 1
            return True
    return False
