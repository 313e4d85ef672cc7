"""Writes answers and chats as Markdown and JSON, for people to take along."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kb.answer import Answer, Citation, from_json
from kb.passages.sentences import sentence_spans
from retrieval.language import detect_language

if TYPE_CHECKING:
    from kb.storage.history import Chat, Turn

# Formulas are kept: what is left of a note's text reads the same after these are escaped.
_MARKUP = re.compile(r"([\\`*_\[\]<>|~])")
_LINE_START = re.compile(r"^(\s*\d*)([#+.)-]+)(?=\s|$)", re.MULTILINE)
_WORDS = {
    "en": ("Asked as", "The notes do not answer this.", "Confidence", "Other answers"),
    "zh": ("理解为", "笔记里没有这个问题的答案。", "把握", "其他答案"),
}


def answer_markdown(answer: Answer) -> str:
    """Return the answer in its sentence as a quotation, with a link to where it stands."""
    if answer.text is None or not answer.citations:
        return _WORDS[detect_language(answer.question)][1] + "\n"
    return _quotation(answer.citations[0])


def chat_markdown(chat: Chat, turns: Sequence[Turn]) -> str:
    """Return a chat as a Markdown document."""
    parts = [f"# {escaped(chat.title)}\n"] + [_turn(turn) for turn in turns]
    return "\n".join(parts)


def chat_json(chat: Chat, turns: Sequence[Turn]) -> dict[str, Any]:
    """Return a chat as JSON holds it."""
    return {
        "id": chat.id,
        "title": chat.title,
        "updated_at": chat.updated_at.isoformat(),
        "turns": [
            {
                "question": turn.question,
                "asked_at": turn.asked_at.isoformat(),
                "answer": turn.answer,
                "verdict": turn.verdict,
                "right_answer": turn.right_answer,
            }
            for turn in turns
        ],
    }


def file_name(title: str) -> str:
    """Return a title as the name of a file, without what some system refuses."""
    return re.sub(r"[^\w]+", "-", title).strip("-")[:60] or "chat"


def escaped(text: str) -> str:
    """Return plain text as Markdown that reads the same."""
    return _LINE_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", text))


def _turn(turn: Turn) -> str:
    asked_as, nothing, confidence, others = _WORDS[detect_language(turn.question)]
    lines = [f"## {escaped(' '.join(turn.question.split()))}\n"]
    try:
        answer = from_json(turn.answer)
    except ValueError:  # of another version
        return "\n".join(lines)
    if answer.asked_as:
        lines.append(f"*{asked_as}: {escaped(answer.asked_as)}*\n")
    if answer.text is None:
        lines.append(f"{nothing}\n")
    else:
        lines += [_quotation(each) for each in answer.citations]
        lines.append(
            f"{confidence}: {answer.confidence:.0%} · {turn.asked_at:%Y-%m-%d %H:%M} UTC\n"
        )
    if answer.text is not None and answer.alternatives:
        told = (
            f"{escaped(_line(each.text))} ({each.confidence:.0%})" for each in answer.alternatives
        )
        lines.append(f"{others}: {'; '.join(told)}\n")
    return "\n".join(lines)


def _quotation(cited: Citation) -> str:
    """Return the sentences that hold a cited span, the span in bold, and a link to the note."""
    text, start, end = cited.passage, cited.answer_start, cited.answer_end
    spans = [each for each in sentence_spans(text) if each[0] < end and each[1] > start]
    low = min(start, spans[0][0]) if spans else start
    high = max(end, spans[-1][1]) if spans else end
    bold = escaped(text[start:end]).strip()
    # Bold cannot reach over paragraphs, and in a sentence of nothing else it says nothing.
    if "\n\n" not in bold and (text[low:start].strip() or text[end:high].strip()):
        bold = f"**{bold}**"
    said = f"{escaped(text[low:start])}{bold}{escaped(text[end:high])}".strip()
    place = " › ".join(part for part in (cited.title, cited.heading) if part)
    link = f"[{escaped(_line(place))}]({quote(cited.note)})"
    quoted = "\n".join(f"> {line}".rstrip() for line in said.split("\n"))
    return f"{quoted}\n>\n> — {link}\n"


def _line(text: str) -> str:
    return " ".join(text.split())
