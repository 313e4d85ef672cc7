"""Questions in one language whose answer stands in the other: FastAPI's documentation, translated.

``docs/en`` and ``docs/zh`` are translations of each other by path, their headings by the anchors
that both carry (``## 第一步 { #first-steps }``). What a note says in one language, its title, its
headings, the first sentence of each section, is asked of its twin in the other.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.question_sets import Half, Piece
from kb.markdown.document import Block, parse_markdown
from kb.notes.note import parse_note
from kb.passages.chunking import split
from kb.passages.sentences import sentence_spans
from retrieval.language import Language, detect_language

Kind = Literal["title", "heading", "sentence"]
LANGUAGES: tuple[Language, Language] = ("en", "zh")
# A sentence shorter or longer is no question anyone would ask.
_SENTENCE_CHARACTERS = {"en": (25, 200), "zh": (10, 80)}
_ANCHOR = re.compile(r"^#+ .*\{ *#([\w-]+) *\}[ \t]*$", re.MULTILINE)
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Twin:
    """A note in one language, cut into passages; its number is that of its path in both."""

    note: int
    language: Language
    pieces: tuple[Piece, ...]
    sections: tuple[str, ...]
    """The anchor under which each passage stands."""


@dataclass(frozen=True, slots=True)
class CrossCase:
    """A question, and where its answer stands in the other language.

    :param section: the anchor of the section; of a title, any will do.
    """

    question: str
    language: Language
    kind: Kind
    note: int
    section: str | None
    half: Half


@dataclass(frozen=True, slots=True)
class CrossSet:
    """Notes in both languages, and what is asked of them."""

    twins: Mapping[Language, tuple[Twin, ...]]
    cases: tuple[CrossCase, ...]
    paths: tuple[str, ...]


def read_cross_set(docs: Path, count_tokens: Callable[[str], int]) -> CrossSet:
    """Gather the notes that stand in both languages; the same files give the same set.

    :param docs: the folder that holds ``en/docs`` and ``zh/docs``.
    """
    roots = {language: docs / language / "docs" for language in LANGUAGES}
    paths = sorted(
        path.relative_to(roots["zh"]).as_posix()
        for path in roots["zh"].rglob("*.md")
        if (roots["en"] / path.relative_to(roots["zh"])).is_file()
    )
    twins: dict[Language, tuple[Twin, ...]] = {}
    cases: list[CrossCase] = []
    for language in LANGUAGES:
        sources = [(roots[language] / path).read_text(encoding="utf-8") for path in paths]
        twins[language] = tuple(
            _twin(number, language, path, source, count_tokens)
            for number, (path, source) in enumerate(zip(paths, sources, strict=True))
        )
        found = [
            case
            for number, (path, source) in enumerate(zip(paths, sources, strict=True))
            for case in _cases(number, language, path, source)
        ]
        # 总结 or "Recap" could be asked of many notes.
        times = Counter(case.question for case in found)
        cases += [case for case in found if times[case.question] == 1]
    return CrossSet(twins, tuple(cases), tuple(paths))


def half_of(path: str) -> Half:
    """Return the half of a note: the same in both languages."""
    digest = hashlib.sha256(f"cross-language {path}".encode()).digest()
    return "fit" if digest[0] < 128 else "measure"


def _twin(
    number: int, language: Language, path: str, source: str, count_tokens: Callable[[str], int]
) -> Twin:
    note = parse_note(path, source)
    anchors = [(match.start(), match[1]) for match in _ANCHOR.finditer(source)]
    passages = split(note, source, count_tokens)
    pieces = tuple(
        Piece(number, passage.ordinal, note.title, passage.heading_path, passage.text)
        for passage in passages
    )
    sections = tuple(
        next((name for start, name in reversed(anchors) if start <= passage.start), "")
        for passage in passages
    )
    return Twin(number, language, pieces, sections)


def _cases(number: int, language: Language, path: str, source: str) -> Iterator[CrossCase]:
    note = parse_note(path, source)
    half = half_of(path)
    anchors = iter(match[1] for match in _ANCHOR.finditer(source))
    anchor, waiting = "", False
    for block in parse_markdown(source, note.body_start).blocks:
        if block.kind == "heading" and block.text is not None:
            anchor, waiting = next(anchors, ""), True
            kind: Kind = "title" if block.level == 1 else "heading"
            if _is_asked(block.text.text, language):
                section = None if kind == "title" else anchor
                yield CrossCase(block.text.text, language, kind, number, section, half)
        elif waiting and (sentence := _sentence(block, language)):
            waiting = False
            yield CrossCase(sentence, language, "sentence", number, anchor, half)


def _is_asked(text: str, language: Language) -> bool:
    """Say whether a text is in the language: a name alone, ``Path``, is in none."""
    if language == "zh":
        return bool(_HAN.search(text))
    return len(text.split()) > 1


def _sentence(block: Block, language: Language) -> str | None:
    if block.kind != "prose" or block.text is None:
        return None
    text = block.text.text
    start, end = sentence_spans(text)[0]
    sentence = " ".join(text[start:end].split()).rstrip(":：")
    low, high = _SENTENCE_CHARACTERS[language]
    fits = low <= len(sentence) <= high and detect_language(sentence) == language
    return sentence if fits else None
