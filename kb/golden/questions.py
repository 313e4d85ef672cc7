"""Golden questions: in notes with ``golden: true`` in front, or in ``golden.md`` at the top.

As a table with the columns question, note and answer, as `kb eval` reads it, or as a list, each
item a question and after its question mark the expected words. Several accepted answers are parted
by "; "; without any the notes are expected not to answer.
"""

from __future__ import annotations

import re
from pathlib import Path

from kb.errors import KbError, NoteError
from kb.measuring.own_questions import OwnQuestion, own_questions, table
from kb.notes.note import parse_note
from kb.notes.vault import read_text, scan

_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?(.+)")
_ASKED = re.compile(r"(.+?[?？])[\s:：=→—–-]*(.*)")


def golden_questions(root: Path, max_bytes: int) -> list[OwnQuestion]:
    """Read the golden questions of a folder.

    :raises KbError: if there are none, or naming the note in which one cannot be understood.
    """
    found: list[OwnQuestion] = []
    for file in scan(root, max_bytes=max_bytes).files:
        try:
            source = read_text(root, file.path, max_bytes=max_bytes)
        except NoteError:
            continue
        note = parse_note(file.path, source)
        if note.is_golden:
            found += parse_golden(file.path, source[note.body_start :])
    if not found:
        raise KbError(
            f"{root} has no golden questions: write them into golden.md, as a list of questions"
            " with the expected words behind each"
        )
    return found


def parse_golden(path: str, body: str) -> list[OwnQuestion]:
    """Read the questions of one note's text.

    :raises KbError: if its table has no column of questions, or a row without one.
    """
    rows = table(body)
    if rows:
        return own_questions(path, rows)
    return [question for line in body.splitlines() if (question := _listed(line))]


def _listed(line: str) -> OwnQuestion | None:
    item = _ITEM.match(line)
    asked = _ASKED.fullmatch(item[1].strip()) if item else None
    if asked is None:
        return None
    answers = tuple(filter(None, (part.strip() for part in re.split(r"; |；", asked[2]))))
    return OwnQuestion(" ".join(asked[1].split()), None, answers)
