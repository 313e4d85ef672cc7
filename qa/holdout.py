"""Write the development split as files: ``python -m qa.holdout DATA FOLDER``.

One SQuAD-format file for each data set, of the documents that training never sees
(`qa.squad.split`); ``kb eval`` reads them.
"""

import argparse
from pathlib import Path

from qa.squad import Example, read_squad, split, write_squad


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
        write_squad(folder / f"{name}.json", examples)
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
