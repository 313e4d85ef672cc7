"""Notes that are gone from the folder: one by one they were deleted, all at once something failed.

A sync that is not done, a drive that is not there or a wrong folder looks like thousands of
deletions. The index then keeps what it has until a person says that it is meant so.
"""

from __future__ import annotations

from collections.abc import Sequence

# Fewer are made anew in no time, if it was a mistake.
LEAST = 5


def looks_wrong(gone: int, known: int) -> bool:
    """Say whether so many of the notes known before should not be dropped unasked."""
    return gone >= LEAST and gone * 2 > known


def told(missing: Sequence[str]) -> str:
    """Return what to say about notes that are kept so, in one line."""
    named = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
    return (
        f"{len(missing):,} notes vanished from the folder at once ({named}): they stay in the"
        " index; is it whole and the right one? If they are really gone: kb index --forget-missing"
    )
