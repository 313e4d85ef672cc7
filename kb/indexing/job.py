"""What every run of indexing works with: its parts, its progress, its report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kb.catalog.catalog import Catalog
from kb.catalog.view import CatalogView
from kb.catalog.writer import CatalogWriter
from kb.errors import NoteError
from kb.indexing.drafting import Drafted, Drafter, Source
from kb.notes.vault import NoteFile, Skipped

if TYPE_CHECKING:
    from kb.indexing.workers import Workers
    from retrieval.encoder import Encoder


@dataclass(frozen=True, slots=True)
class Progress:
    """How far indexing is.

    :param stage: "scanning", "embedding" or "storing".
    :param done: notes that are done, of ``total``.
    :param note: path of the note at hand.
    """

    stage: str
    done: int
    total: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a run of indexing did.

    :param passages: in the catalogue afterwards.
    :param embedded: texts that the encoder was given.
    :param skipped: files that could not be read; what was indexed of them earlier is kept.
    :param warnings: path and what could not be understood there, over all notes.
    :param missing: notes that vanished at once and are kept, see `kb.indexing.vanishing`.
    """

    added: int
    changed: int
    renamed: int
    removed: int
    unchanged: int
    passages: int
    embedded: int
    skipped: tuple[Skipped, ...]
    warnings: tuple[tuple[str, str], ...]
    seconds: float
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class Texts:
    """Texts that wait for their vectors, by the keys of these."""

    passages: dict[bytes, str] = field(default_factory=dict[bytes, str])
    questions: dict[bytes, str] = field(default_factory=dict[bytes, str])

    def __len__(self) -> int:
        return len(self.passages) + len(self.questions)

    def add(self, drafted: Drafted, view: CatalogView, epoch: int) -> None:
        """Add the texts of a note that have no vector yet."""
        known = view.known((*drafted.passages, *drafted.questions), epoch)
        self.passages |= {k: text for k, text in drafted.passages.items() if k not in known}
        self.questions |= {k: text for k, text in drafted.questions.items() if k not in known}

    def take(self, count: int) -> Texts:
        """Remove and return so many of them."""
        taken = Texts(dict(islice(self.passages.items(), count)))
        taken.questions = dict(islice(self.questions.items(), count - len(taken)))
        for key in taken.passages:
            del self.passages[key]
        for key in taken.questions:
            del self.questions[key]
        return taken


@dataclass(slots=True)
class IndexJob:
    """One run of indexing.

    :param recipe: what passages depend on besides the notes; when it differs, all are read again.
    :param workers: who reads, splits and embeds ahead; None: all is done here.
    :param forget: whether notes that vanished are dropped, however many they are.
    :param counts: notes by what happened to them, and texts under "embedded".
    """

    catalog: Catalog
    encoder: Encoder
    drafter: Drafter
    report: Callable[[Progress], None]
    recipe: str
    skipped: list[Skipped]
    workers: Workers | None = None
    forget: bool = False
    missing: tuple[str, ...] = ()
    counts: Counter[str] = field(default_factory=Counter[str])
    _ahead: dict[str, tuple[Source, Drafted]] = field(
        default_factory=dict[str, "tuple[Source, Drafted]"]
    )

    def prepare(self, files: Sequence[NoteFile], epoch: int) -> None:
        """Let the workers, if there are any, do what is long of the notes that come next."""
        if self.workers is None or not files:
            return
        texts = Texts()
        self._ahead = {}
        for source, drafted in self.workers.draft(files, self.drafter):
            self._ahead[source.file.path] = source, drafted
            with self.catalog.view() as view:
                texts.add(drafted, view, epoch)
        for vectors in self.workers.encode(texts):
            with self.catalog.change() as writer:
                writer.put_vectors(epoch, vectors)
            self.counts["embedded"] += len(vectors)

    def draft(self, source: Source) -> Drafted:
        """Split a note, or take what a worker made of it."""
        ahead = self._ahead.pop(source.file.path, None)
        if ahead is not None and ahead[0].content_hash == source.content_hash:
            return ahead[1]
        return self.drafter.draft(source)

    def read(self, file: NoteFile) -> Source | None:
        """Read a note, if no worker did; one that cannot be read is skipped."""
        if file.path in self._ahead:
            return self._ahead[file.path][0]
        try:
            return self.drafter.read(file)
        except NoteError as error:
            reason = str(error).removeprefix(f"{file.path}: ")
            skipped = Skipped(file.path, reason)
            if skipped not in self.skipped:
                self.skipped.append(skipped)
            return None

    def encode(self, texts: Texts) -> Mapping[bytes, NDArray[np.float32]]:
        """Return the vectors of texts by their keys."""
        vectors: dict[bytes, NDArray[np.float32]] = {}
        for encode, batch in (
            (self.encoder.encode_passages, texts.passages),
            (self.encoder.encode_queries, texts.questions),
        ):
            if batch:
                vectors.update(zip(batch, encode(list(batch.values())), strict=True))
        self.counts["embedded"] += len(vectors)
        return vectors

    def sign(self, writer: CatalogWriter) -> None:
        """Note down which encoder the vectors are of."""
        writer.put_meta("fingerprint", self.encoder.fingerprint)
        writer.put_meta("dimension", str(self.encoder.dimension))

    def conclude(self, writer: CatalogWriter) -> None:
        """End a run that went through all notes, in its last transaction."""
        writer.sweep()
        writer.put_meta("staged", "")
        if not self.missing:
            # Notes that are kept unread are of an older recipe, maybe.
            writer.put_meta("recipe", self.recipe)
        writer.put_meta("indexed_at", datetime.now(UTC).isoformat(timespec="seconds"))
        pairs = [(skipped.path, skipped.reason) for skipped in sorted(self.skipped)]
        writer.put_meta("skipped", json.dumps(pairs, ensure_ascii=False))

    def result(self, seconds: float) -> IndexReport:
        """Sum the run up."""
        with self.catalog.view() as view:
            passages, warnings = view.totals().passages, tuple(view.warnings())
        return IndexReport(
            added=self.counts["added"],
            changed=self.counts["changed"],
            renamed=self.counts["renamed"],
            removed=self.counts["removed"],
            unchanged=self.counts["unchanged"],
            passages=passages,
            embedded=self.counts["embedded"],
            skipped=tuple(sorted(self.skipped)),
            warnings=warnings,
            seconds=seconds,
            missing=self.missing,
        )
