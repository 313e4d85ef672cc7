"""Reads English follow-ups and completes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from qa.followup import words
from qa.followup.need import Need

AND = " and "
_TOKEN = re.compile(r"[^\W_]?[\w@$√]+(?:[-./’'+#:][\w]+)*(?:\+\+|#(?!\w))?")
_OPENING = re.compile(
    r"^(?:(?:and|but|so|ok|okay|then|also|well|now|hmm|thanks|thank you|right)\b[\s,]*)+",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"^(?:what|how) about\s+|^what of\s+|^same (?:question )?(?:for|with)\s+", re.I)
_TWO = re.compile(r"\b(?:difference|differ|compare|in common|which (?:one )?is)\b", re.IGNORECASE)
_MORE = re.compile(
    r"^(?:tell me more|more|go on|(?:any|some|an?)?\s*(?:more\s+)?(?:for )?examples?"
    r"|(?:what|anything) else|such as|like what|how so|how come)$",
    re.IGNORECASE,
)
_WHO_DID = re.compile(r"^who (?:first )?(\w+ed|built|wrote|found|made) (.+)$", re.IGNORECASE)
_SHORT_ANSWER = 60


def find_need(question: str) -> Need | None:
    """Return how a question leans on the conversation, None if it stands on its own."""
    bare = question.rstrip(" ?？!.。")
    opened = _OPENING.match(bare)
    text = bare[opened.end() :] if opened else bare
    about = _ABOUT.match(text)
    text = text[about.end() :] if about else text
    tokens = list(_TOKEN.finditer(text))
    lower = [token.group().lower() for token in tokens]
    if not lower:
        return None
    if (at := _pronoun(text, tokens, lower)) is not None:
        return Need("pronoun", text, tokens[at].start(), _pronoun_end(tokens, lower, at))
    if _MORE.match(text) or all(word in words.FUNCTION for word in lower):
        return _bare(text, lower)
    if about or (opened and _is_fragment(lower)):
        return Need("fragment", text)
    if all(word in words.EMPTY for word in lower) and not _defines(lower):
        return Need("both" if _TWO.search(text) else "property", text)
    return None


def complete(need: Need, topic: str, before: str, answer: str) -> str:
    """Return the question in full words; empty if that cannot be done.

    :param topic: what the conversation is about.
    :param before: the question that named it, in full words.
    :param answer: what answered it; may be empty.
    """
    text = need.text
    match need.kind:
        case "pronoun":
            full = _put_for_pronoun(need, topic)
        case "fragment":
            full = _change(text, topic, before)
        case "bare":
            full = _ask_again(text, topic, before, answer)
        case "both":
            full = f"{text} between {topic}" if "difference" in text.lower() else f"{text}, {topic}"
        case "property":
            full = _with_owner(text, topic)
    return f"{full[:1].upper()}{full[1:]}?" if full else ""


def find_topic(question: str, cited: Sequence[str] = ()) -> str:
    """Return the noun phrase that a question is about, "" if it names none.

    :param cited: heading and title of what answered it; a phrase found there is preferred.
    """
    degree = _degree(question)
    phrases = _phrases(question)
    # "How deep is Lake Baikal?" is about the lake.
    phrases = [each for each in phrases if each != degree] or phrases
    if not phrases:
        return ""
    known = {word for name in cited for word in re.findall(r"\w+", name.lower())}
    if known:
        named = [p for p in phrases if known & set(re.findall(r"\w+", p.lower()))]
        phrases = named or phrases
    return phrases[0]


def _degree(question: str) -> str:
    """Return what "how" asks the degree of, "deep" in "how deep is it"; "" if it asks for none."""
    tokens = [token.group() for token in _TOKEN.finditer(question)]
    lower = [token.lower() for token in tokens]
    at = lower.index("how") if "how" in lower[:2] else len(lower)
    inverted = len(lower) > at + 3 and lower[at + 2] in words.AUXILIARY
    # "How attention is used" is no such question: its verb stands behind the auxiliary.
    is_verb = inverted and lower[at + 3] in words.VERBS and tokens[at + 3].islower()
    return tokens[at + 1] if inverted and not is_verb else ""


def _asks(text: str) -> bool:
    lower = {token.group().lower() for token in _TOKEN.finditer(text)}
    return bool(lower & (words.QUESTION | words.AUXILIARY))


def _pronoun(text: str, tokens: list[re.Match[str]], lower: list[str]) -> int | None:
    for at, word in enumerate(lower):
        if word not in words.PRONOUNS:
            continue
        if word in words.DETERMINERS and not _points(lower, at):
            continue
        if word == "it" and _is_expletive(lower, at):
            continue
        before = [i for i in range(at) if _could_be_meant(lower, i)]
        if before and _has_own(text, tokens, lower, before[0], at):
            continue
        return at
    return None


def _points(lower: list[str], at: int) -> bool:
    """Say whether "this", "that", "these" or "those" points back rather than joins clauses."""
    after = lower[at + 1] if at + 1 < len(lower) else ""
    if lower[at] != "that":
        return after in words.EMPTY or not after
    opens = at == 0 or lower[at - 1] in words.QUESTION | words.AUXILIARY | words.PREPOSITIONS
    return opens and (after in words.EMPTY or not after)


def _is_expletive(lower: list[str], at: int) -> bool:
    near = lower[at + 1 : at + 4]
    if (
        near[:1] in (["take"], ["to"])
        or near[:2] == ["make", "sense"]
        or lower[max(0, at - 1) : at + 2] == ["does", "it", "matter"]
    ):
        return True
    if at + 3 < len(lower) and near[0] == "mean" and near[1] in {"to", "that", "for", "when", "if"}:
        return True
    return any(word in words.EXPLETIVE for word in near[:2]) and (
        "to" in lower[at:] or "that" in lower[at:]
    )


def _could_be_meant(lower: list[str], at: int) -> bool:
    """Say whether a word may be what a later pronoun stands for."""
    if lower[at] not in words.EMPTY:
        return True
    return at > 0 and lower[at - 1] in words.ARTICLES and lower[at] not in words.FUNCTION


def _has_own(text: str, tokens: list[re.Match[str]], lower: list[str], first: int, at: int) -> bool:
    """Say whether the question names before its pronoun what that stands for.

    :param first: the first word that may be meant.
    """
    if lower[at] in words.POSSESSIVE | words.PERSONS:
        return True
    between = text[tokens[first].end() : tokens[at].start()]
    # "why does it say that X": a new clause begins, be it only with its subject.
    clause = lower[at + 1 : at + 2] and lower[at + 1] in words.AUXILIARY
    return bool(
        clause
        or any(mark in between for mark in ",;:")
        or words.BOUNDARIES.intersection(lower[first + 1 : at])
    )


def _pronoun_end(tokens: list[re.Match[str]], lower: list[str], at: int) -> int:
    """Return where "this" or "this method" ends."""
    takes = lower[at] in words.DETERMINERS
    following = lower[at + 1] if at + 1 < len(lower) else ""
    return tokens[at + 1 if takes and following in words.GENERIC else at].end()


def _is_fragment(lower: list[str]) -> bool:
    """Say whether what followed "and" is a phrase rather than a clause."""
    asks = words.QUESTION | words.AUXILIARY | {"explain", "tell", "describe", "show", "list"}
    return len(lower) <= 7 and not asks.intersection(lower)


def _bare(text: str, lower: list[str]) -> Need | None:
    asks = words.QUESTION.intersection(lower) or _MORE.match(text)
    return Need("bare", text) if asks else None


def _defines(lower: list[str]) -> bool:
    """Say whether it asks what a word means: "what is a parameter?", "what are layers?"."""
    return (
        len(lower) <= 5
        and lower[0] == "what"
        and lower[1:2] in (["is"], ["are"], ["does"])
        and "the" not in lower
        and lower[-1] in words.PROPERTIES | words.GENERIC | {"mean"}
    )


def _put_for_pronoun(need: Need, topic: str) -> str:
    text, word = need.text, need.text[need.start : need.end].lower()
    if need.start == 0 and word in words.POSSESSIVE and not _asks(text):
        return f"what is {topic}'s{text[need.end :]}"
    following = _TOKEN.match(need.text[need.end :].lstrip())
    next_word = following.group().lower() if following else ""
    if word in words.POSSESSIVE and not (word == "her" and next_word in words.FUNCTION):
        topic = topic if topic.endswith(("'s", "’s")) else f"{topic}'s"
    elif word in words.DETERMINERS and next_word in words.PROPERTIES:
        return f"{need.text[: need.start]}the{need.text[need.end :]} of {topic}"
    return need.text[: need.start] + topic + need.text[need.end :]


def _change(text: str, topic: str, before: str) -> str:
    """Return the earlier question with the part that a fragment puts another one for."""
    tokens = [token.group() for token in _TOKEN.finditer(text)]
    lower = [token.lower() for token in tokens]
    if lower[0] in words.PREPOSITIONS and len(tokens) > 1:
        # "for German" changes "for English"; the phrase ends with the question or the next comma.
        same = re.search(rf"\b{lower[0]}\s[^,;]+$", before, re.IGNORECASE)
        return before[: same.start()] + text if same else f"{before} {text}"
    if all(word in words.EMPTY for word in lower):
        return _with_owner(text, topic)
    if lower[0] == "the":
        headed = re.search(r"\bthe (?:[\w-]+ ){1,3}(of|in|for) (?=\w)", before, re.IGNORECASE)
        if headed:
            return f"{before[: headed.start()]}{text} {headed[1]} {before[headed.end() :]}"
    at = before.lower().find(topic.lower())
    if at < 0:
        return f"{before}, {text}"
    return before[:at] + text + before[at + len(topic) :]


def _ask_again(text: str, topic: str, before: str, answer: str) -> str:
    """Return the earlier question, asked with another question word."""
    lower = [token.group().lower() for token in _TOKEN.finditer(text)]
    if _MORE.match(text) and lower[0] != "how":
        return f"{text} of {topic}" if "example" in text.lower() else f"What else about {topic}"
    did = _WHO_DID.match(before)
    if did:
        return f"{text} was {did[2]} {did[1]}"
    old = list(_TOKEN.finditer(before))
    aux = next((token for token in old if token.group().lower() in words.AUXILIARY), None)
    if aux is None or old[0].group().lower() not in words.QUESTION | words.AUXILIARY:
        return f"{text} {topic}"
    rest = before[aux.start() :]
    said = f" {answer}" if lower[0] == "why" and 0 < len(answer) <= _SHORT_ANSWER else ""
    if rest.lower() in (f"is {topic.lower()}", f"are {topic.lower()}") and lower[0] == "how":
        return f"how does {topic} work"
    return f"{text} {rest}{said}"


def _with_owner(text: str, topic: str) -> str:
    """Return a property with its owner: "the formula" → "What is the formula of X"."""
    lower = [token.group().lower() for token in _TOKEN.finditer(text)]
    if lower[0] not in words.QUESTION | words.AUXILIARY:
        verb = "are" if lower[-1].endswith("s") and not lower[-1].endswith("ss") else "is"
        the = "" if lower[0] in words.ARTICLES else "the "
        return f"what {verb} {the}{text} of {topic}"
    if lower[0] in {"how", "which", "what"} and not words.AUXILIARY.intersection(lower):
        plain = "many" in lower or "much" in lower
        return f"{text} does {topic} have" if plain else f"{text} of {topic}"
    if lower[-1] in words.VERBS:
        for first, second in pairwise(_TOKEN.finditer(text)):
            if first.group().lower() in words.AUXILIARY and second.group().lower() == lower[-1]:
                return f"{text[: first.end()]} {topic} {second.group()}"
        return f"{text} {topic}"
    return f"{text} of {topic}"


def _phrases(question: str) -> list[str]:
    """Return the noun phrases of a question that name something, in order."""
    tokens = list(_TOKEN.finditer(question))
    lower = [token.group().lower() for token in tokens]
    found: list[str] = []
    start = 0
    for at in range(len(tokens) + 1):
        ends = at == len(tokens) or _ends_phrase(lower, at)
        if not ends and at > start and _is_gap(question[tokens[at - 1].end() : tokens[at].start()]):
            found += _named(question, tokens, lower, start, at)
            start = at
        if ends:
            found += _named(question, tokens, lower, start, at)
            start = at + 1
    return found


def _is_gap(between: str) -> bool:
    return any(mark in between for mark in ",;:()")


def _named(
    question: str, tokens: list[re.Match[str]], lower: list[str], start: int, end: int
) -> list[str]:
    """Return the phrase of tokens ``start:end`` with its "the", or nothing if it names nothing."""
    if all(word in words.EMPTY for word in lower[start:end]):
        return []
    first = start - (start > 0 and lower[start - 1] == "the")
    return [question[tokens[first].start() : tokens[end - 1].end()]]


def _ends_phrase(lower: list[str], at: int) -> bool:
    word = lower[at]
    if word in words.FUNCTION:
        return True
    if word not in words.VERBS:
        return False
    # "the use of", "default value": after an article or an adjective it is a noun.
    return at == 0 or lower[at - 1] not in words.ARTICLES
