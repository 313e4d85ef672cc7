"""Cost as a base grows: ``python -m benchmarks.scale [--sizes 1000,10000,100000,1000000]``.

For each number of passages a base is made of ten passages a note (see `benchmarks.scale_corpus` for
where they come from): its catalogue is written directly, the indexes are derived from it by the
product, each step in a process of its own. Another process then opens the base and is measured:

- start: from an empty process to the first retrieval, without the models;
- retrieval: `KnowledgeBase.search` of 50 passages without reranking, its question embedded before;
- recall: which of the 10 passages nearest to a question (compared with every vector, by numpy)
  the vector part finds; over all, over a tenth and over a hundredth of the notes by tag;
- memory of the process after all questions;
- edit: a note is written; until `KnowledgeBase.index` (the bundled encoder embeds what is new) and
  a search that finds its new words are done; and an index run with nothing to do. Up to 100,000
  passages: then the notes are there as files.

Sizes that are not asked for keep their figures. Writes benchmarks/results/scale.json, docs/scale.md
and docs/scale.svg. Needs ../shared/data and about 4 GB of disk for a million passages.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.curve import Line, draw
from benchmarks.machine import describe
from benchmarks.scale_corpus import PASSAGES, Seed, grow, read_seed
from kb.catalog.catalog import Catalog
from kb.catalog.rows import NoteDraft, PassageDraft, embed_text, passage_key
from kb.catalog.view import CatalogView
from kb.catalog.writer import CatalogWriter
from kb.config import Settings
from kb.indexing.drafting import PARSER_VERSION, content_hash
from kb.indexing.passage_index import PassageIndex
from kb.knowledge import KnowledgeBase
from kb.markdown.source_map import Run, SourceMap
from kb.models import Models
from retrieval.encoder import Encoder, load_encoder
from retrieval.scope import Scope

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "scale.json"
DOCUMENT, PICTURE = ROOT / "docs" / "scale.md", ROOT / "docs" / "scale.svg"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
NOTE = 10  # passages in a note
FILES_UP_TO = 100_000
NEAREST, DEPTH, WARM_UP = 10, 50, 50
_OLD = 1_600_000_000
_TRANSACTION = 4_000
_BEGIN, _END = "<!-- benchmarks.scale -->\n", "<!-- end -->\n"


class Known:
    """The bundled encoder, but the questions of the benchmark are embedded already."""

    def __init__(self, questions: dict[str, NDArray[np.float32]], encoder: Encoder) -> None:
        self._questions, self._encoder = questions, encoder
        self.fingerprint, self.dimension = encoder.fingerprint, encoder.dimension
        self.max_tokens = encoder.max_tokens

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Look the vectors up, or embed."""
        known = [self._questions[text] for text in texts if text in self._questions]
        return np.stack(known) if len(known) == len(texts) else self._encoder.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed."""
        return self._encoder.encode_passages(texts)

    def count_tokens(self, text: str) -> int:
        """Count."""
        return self._encoder.count_tokens(text)


def median(values: Sequence[float]) -> float:
    """Return the middle one."""
    return float(np.median(values))


# Making a base


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


# Measuring it


def measure(seed: Seed, size: int, folder: Path) -> dict[str, Any]:
    """Open a base in a fresh process and ask."""
    known = dict(zip(seed.questions, seed.question_vectors, strict=True))
    loaded = load_encoder()
    encoder = Known(known, loaded)
    base = KnowledgeBase(Models(Settings(notes=folder), encoder=encoder))
    began = time.perf_counter()
    base.search(seed.questions[0], DEPTH, rerank=False)
    open_seconds = time.perf_counter() - began
    for question in seed.questions[:WARM_UP]:
        base.search(question, DEPTH, rerank=False)
    taken = [
        _seconds(lambda q=question: base.search(q, DEPTH, rerank=False))
        for question in seed.questions
    ]
    figures: dict[str, Any] = {
        "open_seconds": round(open_seconds, 2),
        "retrieval_ms_p50": round(1000 * median(taken), 2),
        "retrieval_ms_p95": round(1000 * float(np.quantile(taken, 0.95)), 2),
        "vectors_ms_p95": 0.0,
        "memory_mb": _memory_mb(),
    }
    figures |= _recall(base, seed, size, folder)
    if size <= FILES_UP_TO:
        loaded.encode_passages(["warm"])
        figures |= _edit(base, folder)
    base.close()
    return figures


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _memory_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 1e6)


def _recall(base: KnowledgeBase, seed: Seed, size: int, folder: Path) -> dict[str, float]:
    """Compare what the vector part finds with all vectors; ids count from 1 in their order."""
    vectors = base._passages._dense.vectors
    exact = [_Exact(tenth) for tenth in (1, 10, 100)]
    start = 0
    for _, piece in grow(seed, size):
        rows = piece.astype(np.float16).astype(np.float32)
        notes = np.arange(start, start + len(rows)) // NOTE
        for each in exact:
            each.add(start + np.flatnonzero(notes % each.every == 0), rows, seed, start)
        start += len(rows)
    figures: dict[str, float] = {}
    for each, name in zip(exact, ("all", "tenth", "hundredth"), strict=True):
        with Catalog(folder).view() as view:
            allowed = None if name == "all" else _ids_of(view, name)
        taken: list[float] = []
        recalls: list[float] = []
        for vector, best in zip(seed.question_vectors, each.best, strict=True):
            began = time.perf_counter()
            found = vectors.search(vector, 100, allowed)
            taken.append(time.perf_counter() - began)
            ids = [id_ - 1 for id_, _ in found[:NEAREST]]
            recalls.append(len(np.intersect1d(ids, best)) / len(best))
        figures[f"recall_{name}"] = round(float(np.mean(recalls)), 4)
        figures[f"vectors_ms_p95{'' if name == 'all' else f'_{name}'}"] = round(
            1000 * float(np.quantile(taken, 0.95)), 2
        )
    return figures


def _ids_of(view: CatalogView, tag: str) -> NDArray[np.int64]:
    return view.ids_in_scope(Scope(tags=(tag,)))


class _Exact:
    """The nearest rows of every question, gathered piece by piece."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.best: NDArray[np.int64] = np.empty((0, 0), np.int64)
        self._scores: NDArray[np.float32] = np.empty((0, 0), np.float32)

    def add(
        self, numbers: NDArray[np.int64], rows: NDArray[np.float32], seed: Seed, start: int
    ) -> None:
        """Take so many more rows into account."""
        scores = seed.question_vectors @ rows[numbers - start].T  # (questions, rows)
        ids = np.broadcast_to(numbers, scores.shape)
        if self.best.size:
            scores = np.concatenate([self._scores, scores], axis=1)
            ids = np.concatenate([self.best, ids], axis=1)
        kept = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
        self.best = np.take_along_axis(ids, kept, axis=1)
        self._scores = np.take_along_axis(scores, kept, axis=1)


def _edit(base: KnowledgeBase, folder: Path) -> dict[str, float]:
    """Edit a note again and again; index an unchanged base between."""
    unchanged = [_seconds(base.index) for _ in range(5)]
    source = (folder / "0000/000003.md").read_text(encoding="utf-8")
    taken: list[float] = []
    for number in range(11):
        word = f"quagga{number}fox"
        text = source.replace("\n## Section 3.4\n\n", f"\n## Section 3.4\n\nThe {word} is here. ")
        (folder / "0000/000003.md").write_text(text, encoding="utf-8")
        began = time.perf_counter()
        base.index()
        found = base.search(f"{word}", 5, rerank=False)
        taken.append(time.perf_counter() - began)
        if word not in found[0].citation.passage:
            raise SystemExit(f"the edit was not found: {word}")
    return {
        "unchanged_seconds": round(median(unchanged), 3),
        "edit_seconds_median": round(median(taken[1:]), 3),  # the first one embeds all ten
        "edit_seconds_max": round(max(taken[1:]), 3),
    }


# Writing it down


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table."""
    rows: dict[str, Callable[[dict[str, Any]], str]] = {
        "retrieval p50, p95 (ms)": lambda r: f"{r['retrieval_ms_p50']}, {r['retrieval_ms_p95']}",
        "of it the vectors, p95 (ms)": lambda r: str(r["vectors_ms_p95"]),
        "recall@10 of the vectors": lambda r: f"{r['recall_all']:.3f}",
        "within a tenth of the notes": lambda r: f"{r['recall_tenth']:.3f}",
        "within a hundredth": lambda r: f"{r['recall_hundredth']:.3f}",
        "memory (MB)": lambda r: str(r["memory_mb"]),
        "start (s)": lambda r: str(r["start_seconds"]),
        "an edit is searchable (s)": lambda r: (
            f"{r['edit_seconds_median']} (at most {r['edit_seconds_max']})"
            if "edit_seconds_median" in r
            else "–"
        ),
        "unchanged base checked (s)": lambda r: (
            f"{r['unchanged_seconds']} ({r['notes']:,} notes)" if "unchanged_seconds" in r else "–"
        ),
        "indexes derived, lists trained (s)": lambda r: (
            f"{r['indexes_seconds']}, {r['lists_seconds']}"
        ),
        "disk (MB)": lambda r: str(r["disk_mb"]),
    }
    sizes = sorted(results, key=int)
    lines = [f"| | {' | '.join(f'{int(size):,}' for size in sizes)} |"]
    lines.append(f"|---|{'---|' * len(sizes)}")
    lines += [
        f"| {name} | {' | '.join(show(results[size]) for size in sizes)} |"
        for name, show in rows.items()
    ]
    return "\n".join(lines) + "\n"


def write_down(results: dict[str, dict[str, Any]], machine: dict[str, Any]) -> None:
    """Write JSON, table and curve."""
    RESULT.write_text(json.dumps({"machine": machine, "sizes": results}, indent=2) + "\n")
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(_BEGIN)[0], text.split(_END)[1]
    where = f"{machine['processor']}, {machine['cores']} cores; commit {machine['commit']}."
    DOCUMENT.write_text(
        f"{before}{_BEGIN}![Retrieval by number of passages](scale.svg)\n\n"
        f"{table(results)}\n{where}\n{_END}{after}",
        encoding="utf-8",
    )
    sizes = sorted(map(int, results))

    def line(name: str, key: str) -> Line:
        return Line(name, [(size, results[str(size)][key]) for size in sizes])

    lines = [
        line("retrieval, 95th percentile", "retrieval_ms_p95"),
        line("retrieval, median", "retrieval_ms_p50"),
        line("vectors alone, 95th percentile", "vectors_ms_p95"),
    ]
    PICTURE.write_text(draw(lines, "passages", "milliseconds"), encoding="utf-8")


def step(name: str, size: int, folder: Path) -> dict[str, Any]:
    """Run one step in a process of its own and return its figures."""
    command = [sys.executable, "-m", "benchmarks.scale", "--step", name, str(size), str(folder)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def cold_start(folder: Path, question: str) -> float:
    """Return how long an empty process takes to its first retrieval, without the model's part."""
    code = (
        "import sys, time; began = time.perf_counter()\n"
        "from kb import KnowledgeBase, Settings\n"
        "from kb.models import Models\n"
        "from retrieval.encoder import load_encoder\n"
        "imported = time.perf_counter(); encoder = load_encoder()\n"
        "encoder.encode_queries([sys.argv[2]]); loaded = time.perf_counter()\n"
        "base = KnowledgeBase(Models(Settings(notes=sys.argv[1]), encoder=encoder))\n"
        "base.search(sys.argv[2], 10, rerank=False)\n"
        "print(time.perf_counter() - began - (loaded - imported)); base.close()\n"
    )
    command = [sys.executable, "-c", code, str(folder), question]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    """Build and measure each size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/qa")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    cache = ROOT / ".work"
    sizes = [int(options.step[1])] if options.step else list(map(int, options.sizes.split(",")))
    seed = read_seed(options.data, cache, load_encoder(), min(PASSAGES, max(sizes)))
    if options.step:
        name, size, folder = options.step
        work = build if name == "build" else measure
        print(json.dumps(work(seed, int(size), Path(folder))))
        return
    results: dict[str, dict[str, Any]] = {}
    if RESULT.exists():
        results = json.loads(RESULT.read_text())["sizes"]
    for size in sizes:
        folder = cache / f"scale-notes-{size}"
        shutil.rmtree(folder, ignore_errors=True)
        found = {"passages": size, "notes": -(-size // NOTE)} | step("build", size, folder)
        data = folder / ".kb"
        found["disk_mb"] = round(
            sum(file.stat().st_size for file in data.rglob("*") if file.is_file()) / 1e6
        )
        starts = [cold_start(folder, seed.questions[0]) for _ in range(3)]
        found["start_seconds"] = round(median(starts), 2)
        results[str(size)] = found | step("measure", size, folder)
        print(json.dumps(results[str(size)], indent=2), flush=True)
        write_down(results, describe())
        shutil.rmtree(folder)
    print(table(results))


if __name__ == "__main__":
    main()
