"""Text to index terms: one analysis for notes and questions, English, Chinese and code.

Words become lower-case English stems without accents. Identifiers and compounds are kept whole and
in parts, and their spellings meet: ``max_length``, ``max-length`` and ``maxLength`` all give
``max``, ``length`` and ``maxlength``. Scripts written without spaces give overlapping pairs of
characters and the characters themselves; Traditional Chinese is folded to Simplified.
"""

import functools
import itertools
import re
import threading
import unicodedata
from collections.abc import Iterable

import Stemmer

from retrieval import stop_words
from retrieval.chinese import to_simplified

# Changes whenever the same text gives other terms: an index made by another version is refilled.
VERSION = 1
MAX_TERM = 64

# Scripts cut into pairs: written without spaces (Han, kana, Thai, Lao, Burmese, Khmer), or with
# particles and vowel signs that Python's \w breaks at (Hangul, the Indic scripts).
_PAIRED = (
    "\u0900-\u0963\u0966-\u0dff\u0e01-\u0e3a\u0e40-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff"
)
_WORD = rf"[^\W_{_PAIRED}]"
# A run of a paired script, or a word with what belongs to it: snake_case, torch.nn, C++, 1,000.
_CHUNK = re.compile(
    rf"[{_PAIRED}]+"
    rf"|{_WORD}+(?:(?:__?|::|[.\-\u2010'\u2019]|(?<=\d),(?=\d{{3}}(?!\d))){_WORD}+)*(?:\+\+|#(?!\w))?"
)
_PAIRED_CHARACTER = re.compile(rf"[{_PAIRED}]")
_SEGMENT_BORDER = re.compile(r"::|\.")
# HTTPException: HTTP, Exception; LLMs: LLM; word2vec: word, 2, vec; everything else as it stands.
_PIECE = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|\d+|[^\W_]")
_PLURAL = re.compile(r"(?<=[A-Z]{2})s(?![^\W\d_])")
_POSSESSIVE = re.compile(r"['\u2019][sS]$")
# Accents, Hebrew points, Arabic vowel signs and what is not seen at all.
_IGNORED = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640"
    "\u064b-\u065f\u0670\u00ad\u200b-\u200f\u2060\ufeff]+"
)
# Sorting a run of n combining marks takes n² steps in Unicode normalisation; none is this long.
_SYMBOL_RUN = re.compile(r"([^\w\s]{64})[^\w\s]+")

_CACHED_CHUNK = 40
_stemmer = Stemmer.Stemmer("english", 0)
_stemmer_lock = threading.Lock()


def analyze(text: str) -> list[str]:
    """Return the index terms of ``text`` in order."""
    terms: list[str] = []
    for chunk in _CHUNK.findall(_fold(text)):
        if len(chunk) <= _CACHED_CHUNK:
            terms.extend(_cached_terms(chunk))
        else:
            terms.extend(_terms(chunk))
    return terms


def analyze_question(question: str) -> list[str]:
    """Return the distinct terms to look for, in order: stop words only if there is nothing else."""
    terms = list(dict.fromkeys(analyze(question)))
    return [term for term in terms if not _is_stop_term(term)] or terms


def _fold(text: str) -> str:
    """Return ``text`` without accents and variants of one character; its case is kept."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", _SYMBOL_RUN.sub(r"\1 ", text))
    text = _IGNORED.sub("", unicodedata.normalize("NFD", text))
    return to_simplified(unicodedata.normalize("NFC", text))


def _terms(chunk: str) -> list[str]:
    if _PAIRED_CHARACTER.match(chunk):
        return _pairs(chunk)
    return list(_word_terms(chunk))


@functools.lru_cache(maxsize=1 << 16)
def _cached_terms(chunk: str) -> tuple[str, ...]:
    return tuple(_terms(chunk))


def _pairs(run: str) -> list[str]:
    """Return the run's characters, each followed by the pair that starts with it."""
    terms = [term for first, second in itertools.pairwise(run) for term in (first, first + second)]
    terms.append(run[-1])
    return terms


def _word_terms(chunk: str) -> Iterable[str]:
    """Yield a word's parts, then its segments between dots, then the whole of it."""
    if chunk.endswith(("++", "#")):
        yield chunk[-MAX_TERM:].lower()
        chunk = chunk.rstrip("+#")
    chunk = _POSSESSIVE.sub("", chunk).replace(",", "")
    everything: list[str] = []
    segments = _SEGMENT_BORDER.split(chunk)
    for segment in segments:
        pieces: list[str] = _PIECE.findall(_PLURAL.sub("", segment))
        yield from map(_term, pieces)
        if len(pieces) > 1:
            yield from _joined(pieces)
        everything += pieces
    if len(segments) > 1:
        yield from _joined(everything)


def _joined(pieces: list[str]) -> Iterable[str]:
    """Yield the one term of a compound, unless it is too long to be a name."""
    if sum(map(len, pieces)) > MAX_TERM:
        return
    joined = pieces[0]
    for before, after in itertools.pairwise(pieces):
        joined += f".{after}" if before[-1].isdigit() and after[0].isdigit() else after
    yield _term(joined)


def _term(word: str) -> str:
    """Return a word's term: lower case, cut to `MAX_TERM`, stemmed if it is made of letters."""
    word = word[:MAX_TERM].casefold()[:MAX_TERM]
    return _stem(word) if word.isalpha() else word


@functools.lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    with _stemmer_lock:  # a stemmer is one buffer
        return _stemmer.stemWord(word)


def _is_stop_term(term: str) -> bool:
    if len(term) == 2 and not stop_words.CHINESE_PARTICLES.isdisjoint(term):
        return True
    return term in _stop_terms()


@functools.cache
def _stop_terms() -> frozenset[str]:
    chinese = frozenset(stop_words.CHINESE.split()) | stop_words.CHINESE_PARTICLES
    return chinese | frozenset(analyze(stop_words.ENGLISH))
