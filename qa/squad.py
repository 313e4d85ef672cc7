"""Read and write question files in the SQuAD format (1.1, 2.0, XQuAD, CMRC 2018, DRCD and kin).

Source: Rajpurkar et al., "Know What You Don't Know" (ACL 2018), the 2.0 format.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import DatasetError


@dataclass(frozen=True, slots=True)
class Example:
    """A question on a paragraph.

    ``answers`` holds (text, start) with the start in code points of ``context``; empty when the
    paragraph does not hold the answer.
    """

    id: str
    question: str
    context: str
    title: str
    answers: tuple[tuple[str, int], ...]

    @property
    def is_answerable(self) -> bool:
        """Whether the paragraph holds an answer."""
        return bool(self.answers)


def read_squad(path: Path) -> list[Example]:
    """Return every question of the file, in file order.

    An answer whose offset does not point at its text is moved to the nearest occurrence of the
    text; where there is none the question is left out.

    :raises DatasetError: if the file is not in the SQuAD format.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return list(_examples(document["data"]))
    except (OSError, UnicodeDecodeError, ValueError) as exc:
        raise DatasetError(f"cannot read {path}: {exc}") from exc
    except (KeyError, TypeError, AttributeError) as exc:
        message = f"{path} is not in the SQuAD format (data → paragraphs → qas): {exc!r}"
        raise DatasetError(message) from exc


def _examples(articles: list[dict[str, Any]]) -> Iterator[Example]:
    for article in articles:
        title = str(article.get("title") or "").replace("_", " ")
        for paragraph in article["paragraphs"]:
            context = str(paragraph["context"])
            for entry in paragraph["qas"]:
                answers = _answers(entry, context)
                if answers is not None:
                    question = str(entry["question"]).strip()
                    yield Example(str(entry.get("id", "")), question, context, title, answers)


def _answers(entry: dict[str, Any], context: str) -> tuple[tuple[str, int], ...] | None:
    given = entry.get("answers") or []
    if entry.get("is_impossible") or not given:
        return ()
    found: list[tuple[str, int]] = []
    for answer in given:
        text, start = str(answer["text"]), int(answer["answer_start"])
        if context[start : start + len(text)] != text:
            start = nearest(context, text, start)
        if text.strip() and start >= 0 and (text, start) not in found:
            found.append((text, start))
    return tuple(found) or None


def nearest(context: str, text: str, start: int) -> int:
    """Return the occurrence of ``text`` nearest to ``start``, or -1."""
    before = context.rfind(text, 0, max(start, 0) + len(text))
    after = context.find(text, max(start, 0))
    places = [place for place in (before, after) if place >= 0]
    return min(places, key=lambda place: abs(place - start)) if places else -1


def write_squad(path: Path, examples: Sequence[Example]) -> None:
    """Write questions in the SQuAD 2.0 format, grouped by title and paragraph."""
    text = json.dumps(_to_squad(examples), ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


def _to_squad(examples: Sequence[Example]) -> dict[str, Any]:
    articles: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for example in examples:
        paragraphs = articles.setdefault(example.title, {})
        paragraphs.setdefault(example.context, []).append(
            {
                "id": example.id,
                "question": example.question,
                "is_impossible": not example.is_answerable,
                "answers": [
                    {"text": text, "answer_start": start} for text, start in example.answers
                ],
            }
        )
    data = [
        {
            "title": title,
            "paragraphs": [
                {"context": context, "qas": questions} for context, questions in paragraphs.items()
            ],
        }
        for title, paragraphs in articles.items()
    ]
    return {"version": "2.0", "data": data}


def is_held_out(example: Example, articles_in_file: int, share: float = 0.05) -> bool:
    """Say whether the example's document belongs to the development split.

    The choice hashes the title, so that an article found in two data sets falls on one side; in a
    file that is one "article" of unrelated paragraphs, the paragraph is the document.
    """
    key = example.title if articles_in_file > 1 and example.title else example.context
    digest = hashlib.sha256(key.strip().lower().encode()).digest()
    return int.from_bytes(digest[:4], "big") < share * 2**32


def split(examples: list[Example]) -> tuple[list[Example], list[Example]]:
    """Split into (training, development) by document, about 95 to 5."""
    articles = len({example.title for example in examples})
    train: list[Example] = []
    held_out: list[Example] = []
    for example in examples:
        (held_out if is_held_out(example, articles) else train).append(example)
    return train, held_out
