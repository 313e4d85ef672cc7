"""Splitting notes into passages."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.markdown.document import parse_markdown
from kb.markdown.source_map import SourceMap
from kb.notes.note import Note, parse_note
from kb.passages.chunking import Passage, split
from tests.strategies import WrittenNote, any_markdown, written_notes

_TOKEN = re.compile(r"\w{1,6}|[^\w\s]")
_REPOSITORY = Path(__file__).resolve().parents[2]
_REAL_NOTES = Path(os.environ.get("KB_REAL_NOTES", _REPOSITORY / "../shared/data/notes"))
_FIXTURES = Path(__file__).parent / "notes"


def count_tokens(text: str) -> int:
    """Count as a subword tokenizer does: white space is free, long words are several."""
    return len(_TOKEN.findall(text))


def passages_of(source: str, max_tokens: int = 160, path: str = "a.md") -> list[Passage]:
    """Split a text."""
    return split(parse_note(path, source), source, count_tokens, max_tokens)


def texts_of(source: str, max_tokens: int = 160) -> list[str]:
    """Return the texts of the passages."""
    return [passage.text for passage in passages_of(source, max_tokens)]


def check_passages(note: Note, source: str, passages: list[Passage], max_tokens: int) -> None:
    """Check what holds for the passages of any note."""
    position = note.body_start
    for number, passage in enumerate(passages):
        assert passage.ordinal == number
        assert passage.text.strip()
        assert count_tokens(passage.text) <= max_tokens or len(passage.text) == 1
        assert position <= passage.start <= passage.end <= len(source)
        position = passage.end
        check_map(passage, source)


def check_map(passage: Passage, source: str) -> None:
    """Check that every character of a passage leads to its place in the source."""
    position = 0
    for run in passage.source_map.runs:
        assert run.text_start == position
        assert run.length > 0
        assert 0 <= run.source_start <= run.source_start + run.source_length <= len(source)
        position += run.length
        if run.literal:
            origin = source[run.source_start : run.source_start + run.length]
            assert origin == passage.text[run.text_start : position]
    assert position == len(passage.text)
    assert SourceMap.from_bytes(passage.source_map.to_bytes()) == passage.source_map


def check_once(source: str, passages: list[Passage]) -> None:
    """Check that no source character is quoted twice, but by a repeated table header."""
    quoted = bytearray(len(source))
    for passage in passages:
        for run in passage.source_map.runs:
            if run.literal and run.source_start >= passage.start:
                end = run.source_start + run.length
                assert not any(quoted[run.source_start : end])
                quoted[run.source_start : end] = b"\1" * run.length


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("a *b* __c__ ***d***", "a b c d", id="emphasis"),
        pytest.param("~~a~~ ==b== x == y a==b==c", "a b x == y a==b==c", id="strike-and-highlight"),
        pytest.param("[a *b*](http://c.d 'e') f", "a b f", id="link"),
        pytest.param("[a][x] [x] [y]\n\n[x]: http://c.d", "a x [y]", id="reference-link"),
        pytest.param("![a *b*](c.png) d", "a b d", id="image"),
        pytest.param("[a](b){.c #d} {e}", "a {e}", id="link-attributes"),
        pytest.param("[[A b]] [[C|d]] ![[E]] ![[F.png|300]]", "A b d E F.png", id="wiki-links"),
        pytest.param("`a*b*` `` c`d ``", "a*b* c`d", id="inline-code"),
        pytest.param("a<b c='d'>e</b><!-- f -->g", "aeg", id="html-inline"),
        pytest.param("a<br>b  \nc\\\nd", "a\nb\nc\nd", id="hard-breaks"),
        pytest.param("&lt;a&gt; &amp; &#x4e2d; &nope; \\*", "<a> & 中 &nope; *", id="entities"),
        pytest.param("a[^1] b", "a b", id="footnote-reference"),
        pytest.param("$a_1*b*c_2$ and \\$5 $6", "$a_1*b*c_2$ and $5 $6", id="inline-math"),
        pytest.param("$$\na_1 \\\\\n= b\n$$", "$$\na_1 \\\\\n= b\n$$", id="display-math"),
        pytest.param("<http://a.b/c_d_> <e@f.g>", "http://a.b/c_d_ e@f.g", id="autolinks"),
        pytest.param("a\nb", "a b", id="soft-break"),
        pytest.param("中文\n续行", "中文续行", id="soft-break-chinese"),
        pytest.param("a ^block-1", "a", id="block-id"),
        pytest.param("{* ../a.py hl[1] *}\n\nb {! c !}", "b", id="includes"),
        pytest.param("> a\nb\n> > c", "a b\nc", id="quotes"),
        pytest.param("> [!note]- Title\n> a\n> b", "Title\na b", id="callout"),
        pytest.param("> [!note]\n> a", "a", id="callout-without-title"),
        pytest.param("/// tip | Title\n\na\n\n///\n\nb", "Title\n\na\n\nb", id="slashes"),
        pytest.param('!!! note "Title"\n    a\n\n    b\n\nc', "Title\na\nb\n\nc", id="admonition"),
        pytest.param("* a\n  * b\n* c", "- a\n  - b\n- c", id="bullets"),
        pytest.param("3. a\n4. b\n\n   c", "3. a\n4. b\nc", id="numbers"),
        pytest.param("- [ ] a\n- [x] b", "- a\n- b", id="tasks"),
        pytest.param("- - a\n  - b", "  - a\n  - b", id="list-in-list-item"),
        pytest.param("- ```\n  a\n  ```\n- b", "a\n- b", id="code-in-list"),
        pytest.param("|a|*b*|\n|-|-|\n|c\\|d|`e`|", "a | b\nc|d | e", id="table"),
        pytest.param("> |a|b|\n> |-|-|\n> |c|d|", "a | b\nc | d", id="table-in-quote"),
        pytest.param("```py\n  a *b*\n\nc\n```", "  a *b*\n\nc", id="code"),
        pytest.param("x\n\n\ta\n\t  b", "x\n\na\n  b", id="indented-code"),
        pytest.param("> ```\n> a\n>   b\n> ```", "a\n  b", id="code-in-quote"),
        pytest.param(
            "<div>\n<p>a <b>c</b></p><script>d</script>\n<!-- e --> f&amp;g\n</div>",
            "a c\nf&g",
            id="html-block",
        ),
        pytest.param("a\r\nb\r\n\r\n- c\r\n", "a b\n\n- c", id="crlf"),
        pytest.param("\x0c\n<b>a\n> \x0c\n> b", "a\n\nb", id="form-feeds"),
        pytest.param("\x0b\na", "a", id="vertical-tab"),
        pytest.param("\ufeffa", "a", id="byte-order-mark"),
        pytest.param("---\n\na\n\n***", "a", id="rules"),
    ],
)
def test_split_keeps_what_a_reader_sees(source: str, expected: str) -> None:
    passages = passages_of(source)
    assert [passage.text for passage in passages] == [expected]
    check_passages(parse_note("a.md", source), source, passages, 160)


def test_split_maps_a_span_through_markup() -> None:
    source = "# T\n\nSee **bold &amp; [linked](http://x.y) text** here."
    passage = passages_of(source)[0]
    start = passage.text.index("& linked")
    low, high = passage.source_map.to_source(start, start + len("& linked"))
    assert source[low:high] == "&amp; [linked"
    assert source[passage.start : passage.end] == source[source.index("See") :]


def test_split_gives_heading_paths() -> None:
    source = "# T\n\na\n\n## B { #b }\n\nb\n\n#### D\n\nd\n\nE\n---\n\ne\n\n# F\n\nf"
    paths = [(passage.heading_path, passage.text) for passage in passages_of(source)]
    assert paths == [
        ((), "a"),
        (("B",), "b"),
        (("B", "D"), "d"),
        (("E",), "e"),
        (("F",), "f"),
    ]


def test_split_keeps_first_heading_that_is_not_the_title() -> None:
    source = "---\ntitle: Other\n---\n# T\n\na"
    assert [passage.heading_path for passage in passages_of(source)] == [("T",)]


def test_split_makes_bare_headings_findable() -> None:
    source = "# T\n\n## A\n\n## B\n\n### C\n\nc\n\n## D\n\n### E"
    found = [(passage.heading_path, passage.text) for passage in passages_of(source)]
    assert found == [((), "A"), (("B", "C"), "c"), (("D",), "E")]


def test_split_keeps_headings_in_quotes_as_text() -> None:
    assert texts_of("> # a\n> b") == ["a\nb"]


@pytest.mark.parametrize("source", ["", "\n\n", "---\ntitle: a\n---\n", "<!-- a -->", "***"])
def test_split_gives_nothing_without_text(source: str) -> None:
    assert passages_of(source) == []


def test_split_merges_short_blocks_and_keeps_blocks_whole() -> None:
    block = "one two three four five."
    assert texts_of(f"{block}\n\n{block}\n\n{block}", 14) == [f"{block}\n\n{block}", block]


def test_split_cuts_long_paragraphs_at_sentences() -> None:
    source = 'Use 3.11, e.g. this one. See Dr. Who at a.b.c! "Is it?" Yes.'
    assert texts_of(source, 12) == [
        "Use 3.11, e.g. this one.",
        "See Dr. Who at a.b.c!",
        '"Is it?" Yes.',
    ]


def test_split_cuts_chinese_at_sentences() -> None:
    source = "今天下雨。他说：“真的吗？”我不知道；再见！"
    assert texts_of(source, 6) == ["今天下雨。", "他说：“真的吗？”", "我不知道；再见！"]


def test_split_cuts_a_single_sentence_at_softer_edges() -> None:
    source = "one two three, four five six seven eight nine"
    texts = texts_of(source, 5)
    assert texts[0] == "one two three,"
    assert " ".join(texts) == source
    assert "".join(texts_of("a" * 100, 4)) == "a" * 100


def test_split_cuts_code_at_lines() -> None:
    lines = [f"    x{n} = {n}" for n in range(6)]
    source = "```\n" + "\n".join(lines) + "\n```"
    assert texts_of(source, 6) == ["\n".join(lines[at : at + 2]) for at in (0, 2, 4)]


def test_split_repeats_table_headers() -> None:
    rows = [f"| {n} | x |" for n in range(6)]
    source = "intro\n\n| a | b |\n|---|---|\n" + "\n".join(rows)
    passages = passages_of(source, 9)
    assert [passage.text for passage in passages] == [
        "intro\n\na | b\n0 | x",
        *[f"a | b\n{n} | x\n{n + 1} | x" for n in (1, 3)],
        "a | b\n5 | x",
    ]
    last = passages[-1]
    assert last.start == source.index("5 | x")
    assert last.source_map.to_source(0, 1) == (source.index("a |"), source.index("a |") + 1)


def test_split_cuts_lists_at_items() -> None:
    source = "\n".join(f"- item number {n}" for n in range(4))
    assert texts_of(source, 9) == [
        "- item number 0\n- item number 1",
        "- item number 2\n- item number 3",
    ]


def test_split_gives_footnotes_passages_of_their_own() -> None:
    source = "a[^1]\n\n[^1]: note *one*\n    more\n\n[^2]: http://x.y\n\nb"
    assert texts_of(source) == ["a", "note one more", "http://x.y", "b"]


def test_split_holds_when_the_counter_does_not_add_up() -> None:
    source = "\n\n".join(["a b c"] * 200)
    passages = split(parse_note("a.md", source), source, lambda text: len(text) // 4, 20)
    assert all(len(passage.text) // 4 <= 20 for passage in passages)
    assert "\n\n".join(passage.text for passage in passages) == source


def test_split_stays_linear_when_pieces_count_for_nothing() -> None:
    source = "- a\n" * 20_000
    passages = split(parse_note("a.md", source), source, lambda text: len(text) // 4, 160)
    assert sum(passage.text.count("a") for passage in passages) == 20_000


def test_split_refuses_a_limit_below_one() -> None:
    with pytest.raises(ValueError, match="max_tokens is 0"):
        passages_of("a", 0)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("a" * 1_000_000, id="one-line"),
        pytest.param("汉字" * 200_000, id="one-line-chinese"),
        pytest.param(">" * 10_000 + " a", id="quotes"),
        pytest.param("> " * 10_000 + "a", id="spaced-quotes"),
        pytest.param("- " * 10_000 + "a", id="lists"),
        pytest.param("[" * 100_000, id="brackets"),
        pytest.param("[" * 50_000 + "]" * 50_000, id="closed-brackets"),
        pytest.param("[a](" * 25_000, id="targets"),
        pytest.param("*a **b" * 16_000, id="emphasis"),
        pytest.param("".join("`" * n + " " for n in range(440)), id="backticks"),
        pytest.param("<a b='" * 16_000, id="tags"),
        pytest.param("<!-- " * 20_000, id="comments"),
        pytest.param("$a " * 30_000, id="math"),
        pytest.param("." * 1_000_000, id="dots"),
        pytest.param("[a\n" * 20_000, id="reference-labels"),
        pytest.param("$$ a\n" * 20_000, id="display-math"),
        pytest.param("---\n" + "[" * 30_000 + "\n---\n", id="front-matter"),
    ],
)
def test_split_stays_linear_on_hostile_text(source: str) -> None:
    passages = passages_of(source)
    check_passages(parse_note("a.md", source), source, passages, 160)


@settings(deadline=None, max_examples=300)
@given(any_markdown(), st.integers(1, 40))
def test_split_never_fails(source: str, max_tokens: int) -> None:
    passages = passages_of(source, max_tokens)
    check_passages(parse_note("a.md", source), source, passages, max_tokens)
    check_once(source, passages)


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300), st.integers(1, 20))
def test_split_never_fails_on_any_text(source: str, max_tokens: int) -> None:
    passages = passages_of(source, max_tokens)
    check_passages(parse_note("a.md", source), source, passages, max_tokens)


@settings(deadline=None, max_examples=200)
@given(written_notes(), st.integers(8, 160))
def test_split_keeps_every_visible_word(note: WrittenNote, max_tokens: int) -> None:
    passages = passages_of(note.source, max_tokens)
    check_passages(parse_note("a.md", note.source), note.source, passages, max_tokens)
    check_once(note.source, passages)
    title = parse_note("a.md", note.source).title
    found = "\n".join([title, *("\n".join((*p.heading_path, p.text)) for p in passages)])
    assert [word for word in note.visible if word not in found] == []
    assert [word for word in note.hidden if word in found] == []


@pytest.mark.parametrize("path", sorted(_FIXTURES.glob("*.md")), ids=lambda path: path.name)
@pytest.mark.parametrize("max_tokens", [12, 160])
def test_split_holds_on_checked_in_notes(path: Path, max_tokens: int) -> None:
    source = path.read_bytes().decode("utf-8")
    passages = passages_of(source, max_tokens, path.name)
    assert passages
    check_passages(parse_note(path.name, source), source, passages, max_tokens)
    check_once(source, passages)


@pytest.mark.skipif(not _REAL_NOTES.is_dir(), reason=f"no real notes at {_REAL_NOTES}")
def test_split_holds_on_real_notes() -> None:
    paths = sorted(_REAL_NOTES.rglob("*.md"))
    assert paths
    for path in paths:
        source = path.read_bytes().decode("utf-8")
        note = parse_note(path.name, source)
        passages = split(note, source, count_tokens)
        check_passages(note, source, passages, 160)
        check_once(source, passages)
        check_words(note, source, passages)


def check_words(note: Note, source: str, passages: list[Passage]) -> None:
    """Check that words outside markup are quoted: most of a note that is not markup is covered."""
    quoted = bytearray(len(source))
    headings = [
        b.text for b in parse_markdown(source, note.body_start).blocks if b.kind == "heading"
    ]
    maps = [text.map for text in headings if text] + [p.source_map for p in passages]
    for run in (run for source_map in maps for run in source_map.runs):
        quoted[run.source_start : run.source_start + run.source_length] = b"\1" * run.source_length
    rest = "".join("\0" if seen else char for seen, char in zip(quoted, source, strict=True))
    rest = _MARKUP.sub("", rest[note.body_start :])
    assert re.findall(r"[^\W_]+", rest.replace("\0", " ")) == []


_MARKUP = re.compile(
    r"\]\([^()\0]*\)(?:\{[^}\0]*\})?|<!--[^\0]*?-->|<style>[^\0]*?</style>|</?\w[^<>\0]*>|^\s*/{3,}.*$"
    r"|^[ >]*```+.*$|\{[ *!%][^\n\0]*\}|&\w+;",
    re.MULTILINE,
)
