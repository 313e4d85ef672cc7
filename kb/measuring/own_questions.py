"""A list of questions on one's own notes: ``question, note, answer`` as CSV or a Markdown table.

The first row names the columns, in any order and in English or Chinese; ``note`` (path in the
folder) and ``answer`` may be empty. A row with neither is a question that the notes do not answer.
A cell may hold several accepted answers, parted by "; ".
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from kb.errors import KbError

SUFFIXES = (".csv", ".md")
_COLUMNS = {
    "question": "question", "问题": "question", "問題": "question",
    "note": "note", "expected note": "note", "笔记": "note", "筆記": "note",
    "answer": "answer", "expected answer": "answer", "答案": "answer",
}  # fmt: skip
_RULE = re.compile(r":?-{3,}:?")


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question with the note and the answers expected, either of which may be lacking."""

    question: str
    note: str | None
    answers: tuple[str, ...]


def read_own_questions(file: Path) -> list[OwnQuestion]:
    """Read a list.

    :raises KbError: if the file cannot be read, or has no column of questions or no row.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        rows = table(text) if file.suffix == ".md" else list(csv.reader(io.StringIO(text)))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise KbError(f"cannot read {file}: {exc}") from exc
    found = own_questions(str(file), rows)
    if not found:
        raise KbError(f"{file} holds no question")
    return found


def own_questions(name: str, rows: list[list[str]]) -> list[OwnQuestion]:
    """Read the rows of a list, the first of which names the columns.

    :param name: of the file, for errors.
    :raises KbError: if there is no column of questions, or a row without one.
    """
    rows = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    names = [_COLUMNS.get(cell.lower()) for cell in rows[0]] if rows else []
    if "question" not in names:
        raise KbError(f"{name} has no column named question")
    found = [_own(dict(zip(names, row, strict=False))) for row in rows[1:]]
    if not all(each.question for each in found):
        raise KbError(f"{name} has a row without a question")
    return found


def _own(cells: dict[str | None, str]) -> OwnQuestion:
    answers = tuple(filter(None, (part.strip() for part in cells.get("answer", "").split("; "))))
    return OwnQuestion(cells.get("question", ""), cells.get("note") or None, answers)


def table(text: str) -> list[list[str]]:
    """Return the rows of the first table, the line under its head left out."""
    rows: list[list[str]] = []
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("|"):
            inner = bare.strip("|")
            cells = [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]
            if not all(_RULE.fullmatch(cell.strip()) for cell in cells):
                rows.append(cells)
        elif rows:
            break
    return rows
