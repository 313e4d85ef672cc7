"""Makes a base of any size for the scale benchmark: its catalogue is written directly."""

from __future__ import annotations

import json
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.scale_corpus import Seed, grow
from kb.catalog.catalog import Catalog
from kb.catalog.rows import NoteDraft, PassageDraft, embed_text, passage_key
from kb.catalog.writer import CatalogWriter
from kb.config import Settings
from kb.indexing.drafting import PARSER_VERSION, content_hash
from kb.indexing.passage_index import PassageIndex
from kb.markdown.source_map import Run, SourceMap
from retrieval.encoder import load_encoder

NOTE = 10  # passages in a note
FILES_UP_TO = 100_000  # passages
# A time of change long past: what was changed a moment ago is read again.
_OLD = 1_600_000_000
_TRANSACTION = 4_000  # passages


def build(seed: Seed, size: int, folder: Path) -> dict[str, float]:
    """Write the catalogue, and the notes as files where the base is not too large."""
    began = time.perf_counter()
    folder.mkdir(parents=True)
    catalog = Catalog.open(folder)
    encoder = load_encoder()
    passages = _one_by_one(seed, size)
    with catalog.change() as writer:
        writer.begin_epoch(1)
        writer.put_meta("fingerprint", encoder.fingerprint)
        writer.put_meta("dimension", str(encoder.dimension))
        writer.put_meta("recipe", f"{PARSER_VERSION}/{Settings(notes=folder).passage_tokens}")
    for start in range(0, size, _TRANSACTION):
        with catalog.change() as writer:
            for first in range(start, min(start + _TRANSACTION, size), NOTE):
                group = [next(passages) for _ in range(min(NOTE, size - first))]
                _put(writer, folder, first // NOTE, group, with_file=size <= FILES_UP_TO)
    with catalog.change() as writer:
        writer.sweep()
    written = time.perf_counter()
    index = PassageIndex(catalog, encoder)
    opened = time.perf_counter()
    index.settle()
    index.close()
    catalog.close()
    return {
        "catalogue_seconds": round(written - began, 1),
        "indexes_seconds": round(opened - written, 1),
        "lists_seconds": round(time.perf_counter() - opened, 1),
        "build_peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _one_by_one(seed: Seed, size: int) -> Iterator[tuple[str, str, NDArray[np.float32]]]:
    for texts, vectors in grow(seed, size):
        for (title, text), vector in zip(texts, vectors, strict=True):
            yield title, text, vector


def _put(
    writer: CatalogWriter,
    folder: Path,
    number: int,
    group: list[tuple[str, str, NDArray[np.float32]]],
    *,
    with_file: bool,
) -> None:
    path, title = f"{number // 100:04d}/{number:06d}.md", group[0][0]
    tags = ["all"] + ["tenth"] * (number % 10 == 0) + ["hundredth"] * (number % 100 == 0)
    source = f"---\ntitle: {json.dumps(title)}\ntags: [{', '.join(tags)}]\n---\n"
    drafts: list[PassageDraft] = []
    vectors: dict[bytes, NDArray[np.float32]] = {}
    for ordinal, (_, text, vector) in enumerate(group):
        heading = f"Section {number}.{ordinal}"
        source += f"\n## {heading}\n\n"
        key = passage_key(embed_text(title, (heading,), text))
        vectors[key] = vector
        start = len(source)
        run = Run(0, len(text), start, len(text), literal=True)
        source_map = SourceMap((run,)).to_bytes()
        drafts.append(PassageDraft(key, (heading,), text, start, start + len(text), source_map))
        source += f"{text}\n"
    size = len(source.encode())
    if with_file:
        file = folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(source, encoding="utf-8")
        os.utime(file, (_OLD, _OLD))
    writer.put_vectors(writer.epoch, vectors)
    writer.put_note(
        NoteDraft(
            path=path,
            content_hash=content_hash(source),
            size=size,
            mtime_ns=_OLD * 1_000_000_000,
            settled=True,
            title=title,
            folder=path.rpartition("/")[0],
            tags=tuple(tags),
            aliases=(),
            warnings=(),
            passages=tuple(drafts),
            questions=(),
        )
    )
