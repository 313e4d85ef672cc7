"""Gloss questions word by word into the other language, with CC-CEDICT.

A gloss is no translation: words keep the order of the question they come from, apart from the
question word, which stands first in English and where the answer would stand in Chinese. It is
enough to teach a reader that the words of one language may ask about passages of the other
(code-switched data: Qin et al., IJCAI 2020, "CoSDA-ML").
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import Stemmer

from qa.errors import DatasetError
from retrieval.chinese import to_simplified
from retrieval.stop_words import ENGLISH

_ENTRY = re.compile(r"(\S+) (\S+) \[[^]]*\] /(.+)/")
_ASIDE = re.compile(r"\([^)]*\)|\[[^]]*\]")
_NOTE = re.compile(
    r"variant of|surname |abbr\.|see |CL:|old |archaic|classifier|radical|Kangxi|also pr\."
    r"|\bsb\b|\bsth\b"
)
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_OTHER = re.compile(r"[^\u3400-\u9fff]+")
_TOKEN = re.compile(r"[A-Za-z][A-Za-z'’-]*|\d[\d.,:%-]*|\S")
_LONGEST_WORD, _LONGEST_PHRASE, _USUAL_LENGTH = 6, 3, 2
# Asked-for things, longest first; a question holds one of them.
_ASKED_IN_ENGLISH = (
    ("in what year", "哪一年"),
    ("in which year", "哪一年"),
    ("what year", "哪一年"),
    ("which year", "哪一年"),
    ("what kind of", "什么样的"),
    ("what type of", "哪种类型的"),
    ("how many", "多少"),
    ("how much", "多少"),
    ("how long", "多久"),
    ("how often", "多久一次"),
    ("how old", "多大"),
    ("whose", "谁的"),
    ("whom", "谁"),
    ("who", "谁"),
    ("when", "什么时候"),
    ("where", "哪里"),
    ("why", "为什么"),
    ("which", "哪个"),
    ("what", "什么"),
    ("how", "如何"),
)
_ASKED_IN_CHINESE = (
    ("什么时候", "when"),
    ("为什么", "why"),
    ("哪一年", "what year"),
    ("哪年", "what year"),
    ("什么地方", "where"),
    ("哪里", "where"),
    ("哪儿", "where"),
    ("多少", "how many"),
    ("多长", "how long"),
    ("多久", "how long"),
    ("怎么", "how"),
    ("怎样", "how"),
    ("如何", "how"),
    ("何时", "when"),
    ("为何", "why"),
    ("哪些", "which"),
    ("哪个", "which"),
    ("哪", "which"),
    ("谁", "who"),
    ("几", "how many"),
    ("什么", "what"),
    ("何", "what"),
)
_DROPPED = frozenset("的了吗呢啊吧么是在有被把于与和之其请问？。，、“”《》！：；")


@dataclass(frozen=True)
class Dictionary:
    """CC-CEDICT read both ways.

    :param english: of a Simplified headword, its first plain meaning.
    :param chinese: of a stemmed English phrase, the headword that means it first.
    """

    english: dict[str, str]
    chinese: dict[str, str]

    @classmethod
    def read(cls, path: Path, texts: Iterable[str]) -> "Dictionary":
        """Read CC-CEDICT's text file (https://cc-cedict.org/wiki/format:syntax).

        :param texts: Chinese texts; of words with one meaning, the one they use most is taken.
        :raises DatasetError: if the file cannot be read or holds no entry.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as exc:
            raise DatasetError(f"cannot read the dictionary {path}: {exc}") from exc
        meanings = list(_meanings(lines))
        english: dict[str, str] = {}
        for word, _rank, meaning in meanings:
            english.setdefault(word, meaning)
        if not english:
            raise DatasetError(f"{path} holds no entry of CC-CEDICT")
        used = Counter(word for text in texts for word in _segment(to_simplified(text), english))
        ranked: dict[str, tuple[float, str]] = {}
        for word, rank, meaning in meanings:
            weight = (used[word] + 0.01 * (len(word) == _USUAL_LENGTH)) / (1 + rank) ** 2
            key = _stem(meaning)
            if key not in ranked or weight > ranked[key][0]:
                ranked[key] = weight, word
        return cls(english, {key: word for key, (_weight, word) in ranked.items()})

    def to_chinese(self, question: str) -> str:
        """Gloss an English question in Chinese words; what is unknown stays as it is."""
        text, asked = _take_out(question.rstrip(" ?"), _ASKED_IN_ENGLISH, whole_words=True)
        return "".join(_spaced([*self._chinese_words(_TOKEN.findall(text)), asked])) + "？"

    def _chinese_words(self, tokens: list[str]) -> Iterator[str]:
        at = 0
        while at < len(tokens):
            for length in range(min(_LONGEST_PHRASE, len(tokens) - at), 0, -1):
                phrase = " ".join(tokens[at : at + length])
                known = phrase.lower() not in _STOP_WORDS
                if known and (found := self.chinese.get(_stem(phrase))):
                    yield found
                    break
            else:
                length, phrase = 1, tokens[at]
                if phrase.lower() not in _STOP_WORDS:
                    yield phrase
            at += length

    def to_english(self, question: str) -> str:
        """Gloss a Chinese question in English words; unknown characters stay as they are."""
        text, asked = _take_out(to_simplified(question), _ASKED_IN_CHINESE, whole_words=False)
        words = [word for word in self._english_words(text) if word]
        return " ".join([asked, *words]).strip() + "?"

    def _english_words(self, text: str) -> Iterator[str]:
        for word in _segment(text, self.english):
            if _CHINESE.match(word):
                yield "" if word in _DROPPED else self.english.get(word, word)
            else:
                yield "".join(c for c in word if c not in _DROPPED).strip()


_STOP_WORDS = frozenset(ENGLISH.split())
_STEMMER = Stemmer.Stemmer("english")


# What no stemmer brings back to its verb.
_IRREGULAR = {
    form: verb
    for form, _colon, verb in (
        pair.partition(":")
        for pair in """
    wrote:write written:write won:win built:build began:begin begun:begin became:become
    held:hold led:lead left:leave took:take taken:take gave:give given:give said:say
    sang:sing sung:sing found:find made:make came:come went:go gone:go saw:see seen:see
    got:get fought:fight bought:buy sold:sell sent:send lost:lose met:meet paid:pay ran:run
    spoke:speak spoken:speak stood:stand taught:teach thought:think told:tell chose:choose
    chosen:choose drew:draw drawn:draw fell:fall fallen:fall flew:fly grew:grow grown:grow
    knew:know known:know rose:rise risen:rise shot:shoot spent:spend kept:keep
    brought:bring caught:catch children:child men:man women:woman people:person
    """.split()
    )
}


def _stem(phrase: str) -> str:
    words = phrase.lower().replace("’", "'").split()
    return " ".join(_STEMMER.stemWords([_IRREGULAR.get(word, word) for word in words]))


def _segment(text: str, known: Container[str]) -> Iterator[str]:
    """Cut text into the longest known Chinese words, single characters and runs of other script."""
    at = 0
    while at < len(text):
        other = _OTHER.match(text, at)
        length = other.end() - at if other else min(_LONGEST_WORD, len(text) - at)
        while not other and length > 1 and text[at : at + length] not in known:
            length -= 1
        yield text[at : at + length]
        at += length


def _meanings(lines: Iterable[str]) -> Iterator[tuple[str, int, str]]:
    """Yield Simplified headword, how manieth meaning, and the meaning in plain words."""
    for line in lines:
        entry = _ENTRY.match(line)
        if entry is None or not _CHINESE.fullmatch(entry[2]):
            continue
        rank = 0
        for part in entry[3].split("/"):
            meaning = " ".join(_ASIDE.sub(" ", part).split()).removeprefix("to ")
            meaning = meaning.removeprefix("the ").removeprefix("a ").strip(" ,;.!?")
            if meaning and not _NOTE.search(part) and meaning.count(" ") < _LONGEST_PHRASE:
                yield entry[2], rank, meaning
                rank += 1


def _take_out(
    question: str, asked: tuple[tuple[str, str], ...], *, whole_words: bool
) -> tuple[str, str]:
    """Return the question without its question word, and that word in the other language."""
    for words, gloss in asked:
        pattern = rf"\b{words}\b" if whole_words else words
        if re.search(pattern, question, re.IGNORECASE):
            return re.sub(pattern, " ", question, count=1, flags=re.IGNORECASE), gloss
    return question, ""


def _spaced(words: Iterable[str]) -> Iterator[str]:
    """Put a space between neighbours that are not Chinese."""
    before = ""
    for word in words:
        if before and not (_CHINESE.match(word) and _CHINESE.match(before[-1])):
            yield " "
        yield word
        before = word or before
