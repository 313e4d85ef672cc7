"""How the command line shows things to a person."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from kb.answer import Answer, Citation, Scored
from kb.indexing.vanishing import told

if TYPE_CHECKING:
    from kb.indexing.sync import IndexReport
    from kb.status import Status

_BAR_WIDTH = 28
_EXCERPT = 240


class ProgressBar:
    """A line on standard error that is drawn over itself, at most ten times a second."""

    def __init__(self, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._drawn = 0.0
        self._width = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()

    def show(self, stage: str, done: int, total: int) -> None:
        """Draw how far a stage is."""
        now = time.monotonic()
        if not self._enabled or (done < total and now - self._drawn < 0.1):
            return
        self._drawn = now
        filled = _BAR_WIDTH * done // total if total else 0
        bar = "█" * filled + "░" * (_BAR_WIDTH - filled)
        line = f"{stage:<10} {bar} {done:,}/{total:,}"
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)


def report(found: IndexReport) -> str:
    """Return an indexing run in a line, and a line for each note that was left out."""
    changes = [
        f"{count} {word}"
        for word, count in (
            ("added", found.added),
            ("changed", found.changed),
            ("renamed", found.renamed),
            ("removed", found.removed),
        )
        if count
    ]
    summary = ", ".join(changes) or "nothing changed"
    lines = [
        f"{summary}; {found.passages:,} passages, {found.embedded:,} embedded,"
        f" in {found.seconds:.1f} s"
    ]
    lines += [told(found.missing)] if found.missing else []
    lines += [f"skipped {skipped.path}: {skipped.reason}" for skipped in found.skipped]
    lines += [f"note {path}: {warning}" for path, warning in found.warnings]
    return "\n".join(lines)


def _place(citation: Citation) -> str:
    heading = f" › {citation.heading}" if citation.heading else ""
    return f"{citation.note} ({citation.title}{heading}) [{citation.start}–{citation.end}]"


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else f"{line[: _EXCERPT - 1]}…"


def passages(found: Sequence[Scored]) -> str:
    """Return found passages, numbered."""
    return "\n\n".join(
        f"{number}. {_place(scored.citation)}\n   {_excerpt(scored.citation.passage)}"
        for number, scored in enumerate(found, start=1)
    )


def answer(found: Answer) -> str:
    """Return an answer with its sentence and place, or the nearest passages."""
    if found.text is None:
        nearest = passages(found.nearest)
        return "The notes do not answer this." + (f" Nearest:\n\n{nearest}" if nearest else "")
    source = "from the notes' own questions and answers, " if found.kind == "faq" else ""
    lines = [found.text, f"  {source}confidence {found.confidence:.0%}"]
    for citation in found.citations:
        before = citation.passage[max(0, citation.answer_start - 100) : citation.answer_start]
        after = citation.passage[citation.answer_end : citation.answer_end + 100]
        span = citation.passage[citation.answer_start : citation.answer_end]
        lines += [f"  {_place(citation)}", f"    {_excerpt(f'{before}«{span}»{after}')}"]
    lines += [
        f"  also: {_excerpt(other.text)} ({other.confidence:.0%}, {other.citation.note})"
        for other in found.alternatives
    ]
    return "\n".join(lines)


def status(found: Status) -> str:
    """Return the state of a base, a fact a line."""
    indexed = f"{found.indexed_at:%Y-%m-%d %H:%M} UTC" if found.indexed_at else "never"
    facts = {
        "notes folder": found.folder,
        "notes": f"{found.notes:,}",
        "passages": f"{found.passages:,}",
        "indexed": indexed,
        "changed since": f"{found.stale:,}",
        "encoder": found.encoder,
        "reader": found.reader,
        "index size": f"{found.size_bytes / 1e6:.1f} MB",
    }
    lines = [f"{name + ':':<15}{value}" for name, value in facts.items()]
    lines += [f"skipped {skipped.path}: {skipped.reason}" for skipped in found.skipped]
    lines += [f"note {path}: {warning}" for path, warning in found.warnings]
    return "\n".join(lines)
