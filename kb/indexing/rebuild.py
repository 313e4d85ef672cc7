"""Derives and embeds everything anew, while readers keep the old state until the end."""

from __future__ import annotations

from kb.indexing.drafting import Drafted, Source
from kb.indexing.job import IndexJob, Progress, Texts
from kb.indexing.update import BATCH_TEXTS
from kb.indexing.workers import ROUND_NOTES
from kb.notes.vault import Scan

# So many passages are kept in memory from the first pass to the second; others are made twice.
_KEPT_PASSAGES = 20_000


class Rebuild:
    """Two passes over the notes: vectors are made beside the old ones, then all is exchanged.

    The first takes long and is kept batch by batch: a run that was stopped is taken up by the next
    rebuild with the same encoder. The second is one transaction.
    """

    def __init__(self, job: IndexJob, found: Scan) -> None:
        self._job = job
        self._found = found
        self._kept: dict[str, Drafted] = {}
        self._room = _KEPT_PASSAGES
        with job.catalog.change() as writer:
            self._epoch = writer.epoch + 1
            if writer.view.meta("staged") != job.encoder.fingerprint:
                writer.drop_staged()
            writer.put_meta("staged", job.encoder.fingerprint)

    def run(self) -> None:
        """Embed, then exchange."""
        self._embed()
        self._exchange()

    def _embed(self) -> None:
        job, files = self._job, self._found.files
        texts, done = Texts(), 0
        for position, file in enumerate(files):
            job.report(Progress("embedding", done, len(files), file.path))
            if position % ROUND_NOTES == 0:
                job.prepare(files[position : position + ROUND_NOTES], self._epoch)
            source = job.read(file)
            if source is None:
                continue
            with job.catalog.view() as view:
                texts.add(self._draft(source), view, self._epoch)
            while len(texts) >= BATCH_TEXTS:
                self._stage(texts.take(BATCH_TEXTS))
                done = position + 1
        self._stage(texts)
        job.report(Progress("embedding", len(files), len(files)))

    def _draft(self, source: Source) -> Drafted:
        """Split a note, or take what the first pass made of it if it says the same still."""
        path = source.file.path
        kept = self._kept.pop(path, None)
        if kept and kept.note.content_hash == source.content_hash:
            return kept
        drafted = self._job.draft(source)
        if self._room > 0:
            self._kept[path] = drafted
            self._room -= 1 + len(drafted.passages)
        return drafted

    def _stage(self, texts: Texts) -> None:
        vectors = self._job.encode(texts)
        with self._job.catalog.change() as writer:
            writer.put_vectors(self._epoch, vectors)

    def _exchange(self) -> None:
        job, files = self._job, self._found.files
        with job.catalog.change() as writer:
            writer.begin_epoch(self._epoch)
            job.sign(writer)
            for position, file in enumerate(files):
                job.report(Progress("storing", position, len(files), file.path))
                source = job.read(file)
                if source is None:
                    continue
                drafted = self._draft(source)
                # Only what changed since the first pass.
                texts = Texts()
                texts.add(drafted, writer.view, self._epoch)
                writer.put_vectors(self._epoch, job.encode(texts))
                writer.put_note(drafted.note)
                job.counts["added"] += 1
            job.conclude(writer)
        job.report(Progress("storing", len(files), len(files)))
