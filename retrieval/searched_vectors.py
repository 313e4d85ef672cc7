"""What searching needs of an index of vectors, whatever its form; importing it loads no FAISS."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Vectors(Protocol):
    """Unit vectors by id, searched by cosine."""

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """Return the ``k`` ids nearest to a unit vector with their cosines, best first."""
        ...

    def scores(self, vector: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosine with each of ``ids``, NaN where one is not present."""
        ...
