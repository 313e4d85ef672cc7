"""Tells whether a question asks again what one of the stored questions asks.

The cosines of small encoders lie close together whatever is asked, so that a cosine alone cannot
tell "working memory" from "long-term memory". Both questions are therefore also compared by what
they name, count, deny and ask for, in English and Chinese alike; any difference there is final.
Then the cosine and the content words decide, words of one meaning counting as one (`qa.concepts`);
across languages words alone decide where all of both questions is understood. The thresholds are
chosen by ``python -m benchmarks.faq`` for the bundled encoder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qa.concepts import Sense, sense
from retrieval.analyzer import analyze, analyze_question

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_LATIN = re.compile(r"[A-Za-z]+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TOKEN = re.compile(r"[A-Za-z0-9_]+(?:[-.][A-Za-z0-9_]+)*")
_NAMED = re.compile(r"[_\d]|(?<=.)[A-Z]")
_SENTENCE_START = re.compile(r"(?:^|[.?!:]\s+)$")
# 会不会, 是不是, 有没有 ask rather than deny; 不同 is a difference.
_NO_DENIAL = re.compile(r"(.)[不没]\1|有没有|不同")
_DENIAL = re.compile(
    r"\b(?:not|no|never|without|cannot|neither|nor|none)\b|n['’]t\b"
    r"|\b(?:rather than|instead of)\b|[不没无]|代替|取代|而非",
    re.IGNORECASE,
)
# What is asked for: the first that fits is final, as "how … differ" asks for a difference.
_ASKS = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "difference": r"\b(?:differ\w*|distinguish\w*|versus|vs|compared?)\b|区别|不同|差别|差异",
        "likeness": r"\b(?:in common|alike|similar\w*)\b|共同|相同|相似",
        "reason": r"\b(?:why|reasons?|how come)\b|为什么|为何|原因|为啥",
        "amount": r"\bhow (?:many|much|large|big|long|often|far|old|fast)\b|多少|多大|多长|多久|几",
        "person": r"\bwho(?:se|m)?\b|谁",
        "place": r"\bwhere\b|哪里|哪儿|在哪|何处",
        "time": r"(?:^|\band )when\b|\bwhich cases?\b|什么时候|何时|什么情况",
        "way": r"\bhow\b|\b(?:best way|way to)\b|怎样|如何|怎么",
        "name": r"\b(?:what|which)\b|什么|哪",
    }.items()
}
# Words that turn a question into another one; each line is one scale with its two ends.
_OPPOSITES = (
    (r"\blong\b|长期", r"\bshort\b|短期"),
    (r"\bpre-?train\w*|预训练", r"\bfine-?tun\w*|微调"),
    (r"\bencoders?\b|编码器", r"\bdecoders?\b|解码器"),
    (
        r"\badvantages?\b|\bbenefits?\b|优点|优势|好处",
        r"disadvantages?\b|drawbacks?\b|缺点|劣势|坏处",
    ),
    (r"\bextracti\w+|抽取", r"\bgenerati\w+|生成"),
    (r"\bsupervised\b|有监督", r"\bunsupervised\b|无监督"),
    (r"\b(?:add|insert|create)\w*|添加|新建", r"\b(?:delet|remov)\w*|删除"),
    (r"\b(?:divid|divis)\w*|除以", r"\bmultipl\w*|乘以"),
    (r"\b(?:increas|grow|rais)\w*|增加|提高", r"\b(?:decreas|shrink|reduc|lower)\w*|减少|降低"),
    (r"\b(?:minim|smallest|least)\w*|最小|最少", r"\b(?:maxim|largest|most)\w*|最大|最多"),
    (r"\bbefore\b|之前|以前", r"\bafter\b|之后|以后"),
)
_SCALES = tuple(
    (re.compile(low, re.IGNORECASE), re.compile(high, re.IGNORECASE)) for low, high in _OPPOSITES
)
# In "A rather than B" and its like, A and B must not change places.
_PREFERENCE = re.compile(
    r"(.+?)(?:\brather than\b|\binstead of\b|而不用|而不是|而非|代替|取代)(.+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class FaqThresholds:
    """What two questions must reach to count as one; all are between 0 and 1.

    :param same: least cosine within one language, where all content words are shared.
    :param changed: least cosine within one language where some are not: a word that was changed,
        left out or added often makes another question.
    :param overlap: least share of content words within one language.
    :param across: least cosine across languages, which no shared words can support.
    :param understood: the same where all that both say is in `qa.concepts`, and is the same.
    """

    same: float = 0.93
    changed: float = 0.982
    overlap: float = 0.5
    across: float = 0.896
    understood: float = 0.82


@dataclass(frozen=True, slots=True)
class FaqMatch:
    """A stored question that means what was asked.

    :param index: place among the stored questions.
    :param overlap: share of content words in common; None across languages.
    :param confidence: from 0.8 at the threshold to 1 for the same words.
    """

    index: int
    cosine: float
    overlap: float | None
    confidence: float


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a question says, apart from its meaning as a whole."""

    chinese: bool
    asks: str
    denies: bool
    numbers: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]
    content: frozenset[str]
    meant: Sense
    ends: tuple[tuple[bool, bool], ...]
    preferred: frozenset[str]
    rejected: frozenset[str]


def match_question(
    question: str,
    vector: NDArray[np.float32],
    stored: Sequence[str],
    vectors: NDArray[np.float16 | np.float32],
    thresholds: FaqThresholds | None = None,
) -> FaqMatch | None:
    """Return the stored question that means what is asked, None if none surely does.

    :param vector: the question's, of unit length, shape ``(d,)``.
    :param vectors: the stored questions', of unit length, shape ``(n, d)``.
    :raises ValueError: if the shapes do not fit.
    """
    if vectors.shape != (len(stored), *vector.shape):
        raise ValueError(f"{vectors.shape} vectors of {len(stored)} questions for {vector.shape}")
    limits = thresholds or FaqThresholds()
    asked = _read(question)
    cosines = np.clip(vectors.astype(np.float32) @ vector, -1, 1)  # (n,)
    matches: list[FaqMatch] = []
    for index in np.flatnonzero(
        cosines >= min(limits.same, limits.changed, limits.across, limits.understood)
    ).tolist():
        match = _match(asked, _read(stored[index]), index, float(cosines[index]), limits)
        if match is not None:
            matches.append(match)
    return max(matches, key=lambda each: (each.cosine, -each.index), default=None)


def same_questions(
    questions: Sequence[str],
    vectors: NDArray[np.float16 | np.float32],
    thresholds: FaqThresholds | None = None,
) -> list[list[int]]:
    """Group the places of questions of one language that mean the same.

    :param vectors: of unit length, shape ``(n, d)``.
    :return: groups in the order of their first question, which each of a group is the same as.
    """
    limits = thresholds or FaqThresholds()
    exact = vectors.astype(np.float32)
    groups: list[list[int]] = []
    leaders: list[int] = []
    for place, question in enumerate(questions):
        cosines = np.clip(exact[leaders] @ exact[place], -1, 1)  # (groups,)
        near = np.flatnonzero(cosines >= min(limits.same, limits.changed)).tolist()
        reading = _read(question)
        same = (
            group
            for group in near
            if (other := _read(questions[leaders[group]])).chinese == reading.chinese
            and _match(reading, other, group, float(cosines[group]), limits) is not None
        )
        if (group := next(same, None)) is not None:
            groups[group].append(place)
        else:
            leaders.append(place)
            groups.append([place])
    return groups


def _match(
    asked: _Reading, other: _Reading, index: int, cosine: float, limits: FaqThresholds
) -> FaqMatch | None:
    if not _compatible(asked, other):
        return None
    if asked.chinese != other.chinese:
        least, overlap = _least_across(asked, other, limits), None
    else:
        shared = len(asked.content & other.content)
        overlap = 2 * shared / max(1, len(asked.content) + len(other.content))
        least = limits.same if asked.content == other.content else limits.changed
    if cosine < least or (overlap is not None and overlap < limits.overlap):
        return None
    return FaqMatch(index, cosine, overlap, _confidence(cosine, least))


def _least_across(asked: _Reading, other: _Reading, limits: FaqThresholds) -> float:
    """Return the least cosine across languages: lower where both are understood as a whole."""
    same = asked.meant.compared(other.meant)
    return limits.across if same is None else limits.understood if same else 1.0


def _confidence(cosine: float, least: float) -> float:
    """Return 0.8 at the threshold, rising to 1 for the same words."""
    return 0.8 + 0.2 * (cosine - least) / max(1 - least, 1e-6)


def _compatible(asked: _Reading, other: _Reading) -> bool:
    """Say whether nothing that both say outright makes them different questions."""
    return (
        (asked.asks, asked.denies, asked.numbers) == (other.asks, other.denies, other.numbers)
        and _names_agree(asked, other)
        and not any(map(_opposed, asked.ends, other.ends))
        and not (asked.preferred & other.rejected or asked.rejected & other.preferred)
    )


def _names_agree(asked: _Reading, other: _Reading) -> bool:
    return asked.names <= other.words and other.names <= asked.words


def _opposed(asked: tuple[bool, bool], other: tuple[bool, bool]) -> bool:
    """Say whether one question stands at one end of a scale only, the other at the other."""
    return sum(asked) == sum(other) == 1 and asked != other


@lru_cache(maxsize=4096)
def _read(question: str) -> _Reading:
    chinese = bool(_HAN.search(question))
    preference = _PREFERENCE.search(question)
    first, second = preference.groups() if preference else ("", "")
    preferred, rejected = _content(first), _content(second)
    names = _names(question, chinese=chinese)
    meant = sense(question, names)
    return _Reading(
        chinese=chinese,
        asks=next((name for name, asks in _ASKS.items() if asks.search(question)), "whether"),
        denies=bool(_DENIAL.search(_NO_DENIAL.sub("", question))),
        numbers=frozenset(_NUMBER.findall(question)),
        names=names,
        words=frozenset(token.casefold() for token in _TOKEN.findall(question)),
        content=_content(meant.text),
        meant=meant,
        ends=tuple((bool(a.search(question)), bool(b.search(question))) for a, b in _SCALES),
        preferred=preferred - rejected,
        rejected=rejected - preferred,
    )


def _names(question: str, *, chinese: bool) -> frozenset[str]:
    """Return identifiers, capitalised words inside a sentence, and Latin words among Chinese."""
    found: set[str] = set()
    for token in _TOKEN.finditer(question):
        text = token.group()
        inside = not _SENTENCE_START.search(question[: token.start()])
        capital = text[0].isupper() and inside and len(text) > 1
        if _NAMED.search(text) or capital or (chinese and _LATIN.search(text)):
            found.add(text.casefold())
    return frozenset(found)


def _content(text: str) -> frozenset[str]:
    """Return the terms with a topic; pairs of characters in Chinese, not the single ones."""
    terms = analyze_question(text) if text else []
    return frozenset(term for term in terms if len(term) > 1 or not _HAN.match(term)) or frozenset(
        analyze(text)
    )
