"""What a check says: one line, with the place and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["broken", "advice", "fact"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    :param check: which check, in a word or two.
    :param level: "broken": does not work until something is done; "advice": worth a look; "fact":
        how things are.
    :param place: note and offset, file or part of the machine; empty if none.
    :param remedy: what to do, in a few words; empty where nothing is to be done.
    """

    check: str
    level: Level
    place: str
    message: str
    remedy: str = ""
