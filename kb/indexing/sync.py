"""Brings the catalogue up to what the notes folder holds; never changes a note."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kb.catalog.catalog import Catalog
from kb.catalog.rows import NoteState
from kb.errors import CatalogDamaged, NotesVanished
from kb.indexing.drafting import PARSER_VERSION, Drafter
from kb.indexing.job import IndexJob, IndexReport, Progress
from kb.indexing.rebuild import Rebuild
from kb.indexing.update import Update, is_covered, is_same, unread
from kb.indexing.vanishing import looks_wrong, told
from kb.notes.transaction import recover
from kb.notes.vault import MAX_NOTE_BYTES, Scan, scan
from kb.notes.writing import remove_leftovers
from kb.passages.chunking import DEFAULT_MAX_TOKENS
from kb.storage.writer_lock import WriterLock

if TYPE_CHECKING:
    from kb.indexing.workers import Workers
    from retrieval.encoder import Encoder

__all__ = ["IndexReport", "Progress", "count_stale", "index_folder", "sync"]


def index_folder(
    root: Path,
    encoder: Encoder,
    *,
    rebuild: bool = False,
    forget_missing: bool = False,
    timeout: float = 0.0,
    passage_tokens: int = DEFAULT_MAX_TOKENS,
    max_bytes: int = MAX_NOTE_BYTES,
    progress: Callable[[Progress], None] | None = None,
    workers: Workers | None = None,
) -> IndexReport:
    """Index a notes folder as its only writer; a damaged catalogue is put aside and made anew.

    :param rebuild: derive and embed everything anew; readers keep the old state until the end.
    :param forget_missing: drop notes that vanished from the folder, however many; else the index
        keeps most of its notes when they are gone at once, and a rebuild is refused.
    :param timeout: seconds to wait for another writer.
    :param workers: who reads, splits and embeds notes ahead; None: all is done here.
    :raises VaultError: if the folder cannot be read, or a change to notes that was cut off cannot
        be put right; then nothing is changed.
    :raises LockedError: if another process is indexing.
    :raises EncoderChanged: if the catalogue was made by another encoder, without ``rebuild``.
    :raises CatalogError: if the catalogue cannot be written; what was there is kept.
    """
    if not root.is_dir():
        scan(root)  # Says what is wrong with it, before anything is written.
    run = partial(
        sync,
        root,
        encoder=encoder,
        rebuild=rebuild,
        forget_missing=forget_missing,
        passage_tokens=passage_tokens,
        max_bytes=max_bytes,
        progress=progress,
        workers=workers,
    )
    with WriterLock(root, timeout), closing(Catalog.open(root, repair=rebuild)) as catalog:
        try:
            return run(catalog)
        except CatalogDamaged:
            catalog.set_aside()
            with closing(Catalog.open(root)) as fresh:
                return run(fresh)


def sync(
    root: Path,
    catalog: Catalog,
    encoder: Encoder,
    *,
    rebuild: bool = False,
    forget_missing: bool = False,
    passage_tokens: int = DEFAULT_MAX_TOKENS,
    max_bytes: int = MAX_NOTE_BYTES,
    progress: Callable[[Progress], None] | None = None,
    workers: Workers | None = None,
) -> IndexReport:
    """Do what ``index_folder`` does, for a caller who holds the writer lock.

    It can be stopped at any point, by an exception from ``progress`` too: every transaction leaves
    whole notes, and the next run goes on from there.
    """
    started = time.monotonic()
    report = progress or (lambda _: None)
    report(Progress("scanning", 0, 0))
    recover(root)
    listed_ns = time.time_ns()
    found = scan(root, max_bytes=max_bytes)
    remove_leftovers(root, found.leftovers)
    drafter = Drafter(root, encoder, passage_tokens, max_bytes, listed_ns)
    recipe = f"{PARSER_VERSION}/{passage_tokens}"
    skipped = list(found.skipped)
    job = IndexJob(catalog, encoder, drafter, report, recipe, skipped, workers, forget_missing)
    with catalog.view() as view:
        is_empty = view.totals().passages + view.totals().questions == 0
    if is_empty:
        _begin(job)
    elif not rebuild:
        catalog.require_encoder(encoder.fingerprint)
    if rebuild and not is_empty:
        if not forget_missing:
            _refuse_vanished(found, catalog)
        Rebuild(job, found).run()
    else:
        Update(job, found).run()
    return job.result(time.monotonic() - started)


def _refuse_vanished(found: Scan, catalog: Catalog) -> None:
    """Keep a rebuild from dropping most of the notes unasked."""
    with catalog.view() as view:
        known = [state.path for state in view.states()]
    present, hidden = {file.path for file in found.files}, unread(found)
    gone = [path for path in known if path not in present and not is_covered(path, hidden)]
    if looks_wrong(len(gone), len(known)):
        raise NotesVanished(told(gone))


def count_stale(found: Scan, states: Iterable[NoteState]) -> int:
    """Count the notes that were added, changed or removed since indexing, by size and time only."""
    left = {state.path: state for state in states}
    hidden = unread(found)
    same = sum(is_same(file, left.pop(file.path, None), trust=True) for file in found.files)
    return len(found.files) - same + sum(not is_covered(path, hidden) for path in left)


def _begin(job: IndexJob) -> None:
    """Make an empty catalogue one of this encoder."""
    with job.catalog.change() as writer:
        if writer.view.fingerprint() != job.encoder.fingerprint:
            writer.begin_epoch(writer.epoch + 1)
            job.sign(writer)
