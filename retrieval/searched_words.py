"""What searching needs of an index of words, whatever its form; importing it loads no tantivy."""

from typing import Protocol

from retrieval.scope import Scope


class Words(Protocol):
    """Passages by their words."""

    @property
    def generation(self) -> int:
        """What it reflects; changes whenever what can be found does."""
        ...

    def search(self, query: str, k: int, scope: Scope | None = None) -> list[tuple[int, float]]:
        """Return the ids of the ``k`` best passages with their BM25 scores, best first."""
        ...
