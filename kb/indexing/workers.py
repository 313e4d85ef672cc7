"""What lets others read, split and embed notes ahead of the run that stores them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from kb.indexing.drafting import Drafted, Drafter, Source
    from kb.indexing.job import Texts
    from kb.notes.vault import NoteFile

# So many notes are worked on at a time; a run that is stopped repeats no more than their reading.
ROUND_NOTES = 2048


class Workers(Protocol):
    """Processes that do what takes long; what they do not give, the run does itself."""

    def draft(
        self, files: Sequence[NoteFile], drafter: Drafter
    ) -> Iterable[tuple[Source, Drafted]]:
        """Read and split notes, in any order; one that cannot be read is left out."""
        ...

    def encode(self, texts: Texts) -> Iterator[Mapping[bytes, NDArray[np.float32]]]:
        """Yield the vectors of texts by their keys, in pieces as they are made; of all or none."""
        ...
