"""Write the development split as files: ``python -m qa.holdout DATA FOLDER``.

One SQuAD-format file for each data set, of the documents that training never sees
(`qa.squad.split`); ``kb eval`` reads them.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qa.squad import Example, read_squad, split


def to_squad(examples: Sequence[Example]) -> dict[str, Any]:
    """Return questions in the SQuAD 2.0 format, grouped by title and paragraph."""
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


def write_holdout(data: Path, folder: Path) -> dict[str, int]:
    """Write the held-out part of every question file; return questions by file name.

    Parts of one data set (``name_p1.json``, ``name_p2.json``) come together as ``name.json``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held_out: dict[str, list[Example]] = {}
    for path in sorted(data.glob("*.json")):
        stem, mark, part = path.stem.rpartition("_p")
        name = stem if mark and part.isdigit() else path.stem
        held_out.setdefault(name, []).extend(split(read_squad(path))[1])
    for name, examples in held_out.items():
        text = json.dumps(to_squad(examples), ensure_ascii=False)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    return {name: len(examples) for name, examples in held_out.items()}


def main() -> None:
    """Write the split and say how large it is."""
    parser = argparse.ArgumentParser(prog="python -m qa.holdout", description=__doc__)
    parser.add_argument("data", type=Path, help="folder of SQuAD-format files")
    parser.add_argument("folder", type=Path, help="where to write the held-out part")
    options = parser.parse_args()
    for name, count in write_holdout(options.data, options.folder).items():
        print(f"{name}: {count} questions")  # noqa: T201


if __name__ == "__main__":
    main()
