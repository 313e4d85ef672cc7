"""The stamp in an index's folder: what the files beside it are, and how new."""

import json
import os
import shutil
from pathlib import Path

from retrieval import analyzer
from retrieval.errors import IndexDamaged, RetrievalError

_NAME = "stamp.json"
# Of the fields that the lexical index writes; its terms are the analyzer's.
_LAYOUT = 1


def read(folder: Path) -> int:
    """Return the generation of the catalogue that the index reflects; errors as `read_both`."""
    return read_both(folder)[0]


def read_both(folder: Path) -> tuple[int, str]:
    """Return the generation of the catalogue that the index reflects, and its name there.

    :raises IndexDamaged: if there is no stamp, or one of another version.
    :raises RetrievalError: if it may not be read.
    """
    try:
        stamp = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        versions, generation = (stamp["layout"], stamp["analyzer"]), stamp["generation"]
        state = str(stamp.get("state", ""))
    except PermissionError as exc:
        raise RetrievalError(f"cannot read the search index {folder}: {exc}") from exc
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as exc:
        raise IndexDamaged(f"no search index in {folder}: {exc}") from exc
    if versions != (_LAYOUT, analyzer.VERSION) or not isinstance(generation, int):
        raise IndexDamaged(f"the search index {folder} was made by another version")
    return generation, state


def write(folder: Path, generation: int, state: str = "") -> None:
    """Note the generation, whole or not at all, after what it speaks of is on disk."""
    stamp = {
        "layout": _LAYOUT,
        "analyzer": analyzer.VERSION,
        "generation": generation,
        "state": state,
    }
    partial = folder / f"{_NAME}.partial"
    with partial.open("w", encoding="utf-8") as file:
        json.dump(stamp, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / _NAME)


def remove(folder: Path) -> None:
    """Declare the index lost: the next to open it starts over."""
    (folder / _NAME).unlink(missing_ok=True)


def move_aside(folder: Path) -> None:
    """Rename what is at ``folder``, if anything, to ``….damaged``, replacing an older one."""
    if not folder.exists():
        return
    aside = folder.with_name(f"{folder.name}.damaged")
    if aside.is_dir():
        shutil.rmtree(aside)
    aside.unlink(missing_ok=True)
    folder.rename(aside)
