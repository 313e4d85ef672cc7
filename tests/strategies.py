"""Hypothesis strategies for Markdown: well-formed notes with known words, and any other text."""

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

_FRAGMENTS = (
    "# ", "## ", "###### ", "---\n", "===\n", "> ", ">", "- ", "* ", "1. ", "  ", "    ", "\t",
    "\n", "\n\n", "\r\n", "\r", "```\n", "```py\n", "~~~\n", "`", "``", "*", "**", "_", "~~", "==",
    "[", "]", "](", ")", "[[", "]]", "|", "![", "!", "<", ">", "<b>", "</b>", "<br>", "<!--", "-->",
    "<div>\n", "</div>\n", "<script>", "&amp;", "&lt;", "&#10;", "&", "\\", "\\\n", "$", "$$",
    "$$\n", "{", "}", "{* a.py *}", "{ #id }", "[^1]", "[^1]: ", "[a]: b\n", "[a]", "!!! note\n",
    "///\n",
    "/// tip | title\n", "[!note] ", "[ ] ", "#tag", " ^id", "|-|-|\n", "a|b\n", "word", "Word. ",
    "e.g. ", "3.11", "\u4e2d\u6587", "\u53e5\u5b50\u3002", "\U0001f600", "\u3000", "\x00", "\ufeff",
    "\u00a0", "...", "title: a\n", "http://a.b/c_d_e",
)  # fmt: skip


def any_markdown(max_size: int = 40) -> SearchStrategy[str]:
    """Give texts that touch every rule in every wrong order."""
    pieces = st.one_of(st.sampled_from(_FRAGMENTS), st.text(max_size=4))
    return st.lists(pieces, max_size=max_size).map("".join)


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A well-formed note.

    :param visible: words that a reader sees, in order; each occurs once in the source.
    :param hidden: words that stand in markup only.
    """

    source: str
    visible: tuple[str, ...]
    hidden: tuple[str, ...]


class _Words:
    """Numbers the words of a note, so that each is found again."""

    def __init__(self) -> None:
        self.visible: list[str] = []
        self.hidden: list[str] = []

    def shown(self) -> str:
        self.visible.append(f"w{len(self.visible):04d}w")
        return self.visible[-1]

    def unseen(self) -> str:
        self.hidden.append(f"h{len(self.hidden):04d}h")
        return self.hidden[-1]


@st.composite
def written_notes(draw: DrawFn, max_blocks: int = 12) -> WrittenNote:
    """Give notes made of every construct, with words that are known to be visible or hidden."""
    words = _Words()
    kinds = draw(st.lists(st.sampled_from(_BLOCKS), max_size=max_blocks))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    source = "\n\n".join(kind(draw, words) for kind in kinds)
    return WrittenNote(source.replace("\n", newline), tuple(words.visible), tuple(words.hidden))


def _phrase(draw: DrawFn, words: _Words) -> str:
    """Write one visible word or two in some inline markup."""
    form = draw(st.sampled_from(_INLINE))
    while "V" in form or "H" in form:
        form = form.replace("V", words.shown(), 1) if "V" in form else form
        form = form.replace("H", words.unseen(), 1) if "H" in form else form
    return form


_INLINE = (
    "V", "V", "V", "*V*", "**V** V", "`V`", "[V](H)", "[V](<H> 'H')", "![V](H)", "[[V]]", "[[H|V]]",
    "![[V]]", "V<!-- H -->", "<b title='H'>V</b>", "V &amp; V", "V\\*", "~~V~~", "$V_{V}$", "V.",
    "V. V!", "V\u3002V\u3002", "V[^H]", "<http://V.example>", "V<br>V", "***V** V*", "==V==", "#V",
)  # fmt: skip


def _sentence(draw: DrawFn, words: _Words) -> str:
    count = draw(st.integers(1, 12))
    gaps = st.sampled_from([" ", " ", " ", ", ", ". ", "\n", "  \n", "\\\n"])
    parts = [_phrase(draw, words) + draw(gaps) for _ in range(count)]
    return "".join(parts).rstrip("\\ \n,.") + "."


def _line(draw: DrawFn, words: _Words) -> str:
    return " ".join(_phrase(draw, words) for _ in range(draw(st.integers(1, 5))))


def _indent(text: str, first: str, rest: str) -> str:
    return first + text.replace("\n", "\n" + rest)


def _heading(draw: DrawFn, words: _Words) -> str:
    level = draw(st.integers(1, 6))
    attributes = f" {{ #{words.unseen()} }}" if draw(st.booleans()) else ""
    return f"{'#' * level} {words.shown()} {words.shown()}{attributes}"


def _setext(draw: DrawFn, words: _Words) -> str:
    return f"{words.shown()}\n{draw(st.sampled_from(['===', '---']))}"


def _list(draw: DrawFn, words: _Words) -> str:
    marker = draw(st.sampled_from(["- ", "* ", "+ ", "- [ ] ", "- [x] ", "1. ", "12) "]))
    width = " " * len(marker.partition(" ")[0] + " ")
    items: list[str] = []
    for _ in range(draw(st.integers(1, 6))):
        text = _line(draw, words)
        if draw(st.booleans()):
            text += f"\n- {_line(draw, words)}"
        if draw(st.booleans()):
            text += f"\n\n{_sentence(draw, words)}"
        items.append(_indent(text, marker, width))
    return "\n".join(items)


def _quote(draw: DrawFn, words: _Words) -> str:
    callout = draw(st.sampled_from(["", "[!note] ", "[!TIP]- "]))
    text = f"{callout}{_line(draw, words)}\n{_sentence(draw, words)}\n\n- {_line(draw, words)}"
    return _indent(text, "> ", "> ")


def _code(draw: DrawFn, words: _Words) -> str:
    lines = [f"    {words.shown()} = *{words.shown()}*" for _ in range(draw(st.integers(1, 30)))]
    return f"```py {words.unseen()}\n" + "\n".join(lines) + "\n```"


def _table(draw: DrawFn, words: _Words) -> str:
    rows = [f"| {words.shown()} | *{words.shown()}* |" for _ in range(draw(st.integers(1, 20)))]
    return "\n".join([rows[0], "|---|:-:|", *rows[1:]])


def _box(draw: DrawFn, words: _Words) -> str:
    if draw(st.booleans()):
        return f"/// tip | {words.shown()}\n\n{_sentence(draw, words)}\n\n///"
    title = f'!!! note "{words.shown()}"\n'
    return title + _indent(_sentence(draw, words), "    ", "    ")


def _footnote(draw: DrawFn, words: _Words) -> str:
    return f"[^{words.unseen()}]: {_line(draw, words)}"


def _html(_draw: DrawFn, words: _Words) -> str:
    return (
        f"<div class='{words.unseen()}'>\n<p>{words.shown()} <i>{words.shown()}</i></p>\n"
        f"<!-- {words.unseen()} -->\n</div>"
    )


def _math(_draw: DrawFn, words: _Words) -> str:
    return f"$$\n{words.shown()} = \\{words.shown()}_{{*a*}}\n$$"


def _include(_draw: DrawFn, words: _Words) -> str:
    return f"{{* ../{words.unseen()}.py hl[1] *}}"


def _paragraph(draw: DrawFn, words: _Words) -> str:
    return _sentence(draw, words)


_BLOCKS = (
    _paragraph, _paragraph, _heading, _setext, _list, _quote, _code, _table, _box, _footnote, _html,
    _math, _include,
)  # fmt: skip
