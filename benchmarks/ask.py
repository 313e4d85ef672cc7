"""Speed beside the plain way: ``python -m benchmarks.ask [NOTES]`` (needs the extra ``models``).

The plain way is sentence-transformers + a flat FAISS index + a transformers reader, in fp32 with
the same weights (dequantised from the bundled files), over the same passages and the same number
read a question. Both run in one process, turn by turn. Writes benchmarks/results/ask.json.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from benchmarks.machine import describe
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from qa.hugging_face_reader import HuggingFaceReader
from qa.reader import Context
from qa.restore import write_reader
from retrieval.dequantise import write_bundled
from retrieval.encoder import load_encoder
from retrieval.manifest import read_manifest
from retrieval.onnx_session import MODEL_FOLDER
from retrieval.sentence_transformers_encoder import SentenceTransformersEncoder

ROOT = Path(__file__).parents[1]
QUESTIONS = ROOT / "tests" / "data" / "real_questions.json"
RESULT = ROOT / "benchmarks" / "results" / "ask.json"
_SERVER = """
import sys, resource, json
import streamlit
from kb import KnowledgeBase, Settings
base = KnowledgeBase.open(Settings.load(sys.argv[1]))
questions = json.loads(sys.argv[2])
for turn in range(100):
    base.ask(questions[turn % len(questions)])
pages = int(open("/proc/self/statm").read().split()[1])
print(pages * resource.getpagesize())
"""


def seconds(work: Callable[[], object]) -> float:
    """Return how long a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def wall(*arguments: str) -> float:
    """Return how long a command takes, from a cold process."""
    command = [sys.executable, "-m", "kb.cli.main", *arguments]
    return seconds(lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True))


def plain_models(folder: Path) -> tuple[SentenceTransformersEncoder, HuggingFaceReader]:
    """Open the bundled weights, dequantised, in the plain runtimes."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    body = read_manifest(MODEL_FOLDER).path("encoder.onnx")
    write_bundled(folder / "e5", body, head=False)
    parts = Transformer(str(folder / "e5"))
    pooling = Pooling(parts.get_embedding_dimension(), "mean")
    SentenceTransformer(modules=[parts, pooling]).save(str(folder / "multilingual-e5"))
    write_reader(folder / "reader")
    return (
        SentenceTransformersEncoder(str(folder / "multilingual-e5")),
        HuggingFaceReader(str(folder / "reader")),
    )


def measure(notes: Path, scratch: Path) -> dict[str, Any]:
    """Measure indexing, questions, cold starts and memory."""
    fixture = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    questions = [entry["question"] for entry in fixture["questions"]]
    folder = scratch / "notes"
    shutil.copytree(notes / fixture["root"], folder)
    base = KnowledgeBase.open(Settings.load(folder))
    report = base.index()
    with base._catalog.view() as view:
        ids, vectors = view.vectors()
        stored = view.passages_by_id(ids.tolist())
        passages = [stored[int(id_)] for id_ in ids]
    texts = [f"{passage.context} › {passage.text}" for passage in passages]
    ours, (plain, reader) = load_encoder(), plain_models(scratch)

    sample = texts[:: max(1, len(texts) // 320)]
    encoding: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(3):
        encoding["ours"].append(seconds(lambda: ours.encode_passages(sample)))
        encoding["plain"].append(seconds(lambda: plain.encode_passages(sample)))

    flat = faiss.IndexFlatIP(plain.dimension)
    flat.add(vectors.astype(np.float32))
    read = base.settings.read

    def ask_plain(question: str) -> None:
        _scores, found = flat.search(plain.encode_queries([question]), read)
        reader.read(question, [Context(passages[i].context, passages[i].text) for i in found[0]])

    asking: dict[str, list[float]] = {"ours": [], "plain": []}
    base.ask(questions[0])
    ask_plain(questions[0])
    for question in questions:
        asking["ours"].append(seconds(lambda q=question: base.ask(q)))
        asking["plain"].append(seconds(lambda q=question: ask_plain(q)))
    base.close()

    cold = [wall("ask", "-n", str(folder), questions[turn]) for turn in range(5)]
    unchanged = [wall("index", "-n", str(folder)) for _ in range(5)]
    memory = subprocess.run(
        [sys.executable, "-c", _SERVER, str(folder), json.dumps(questions)],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    median = statistics.median
    rate = {name: len(sample) / median(taken) for name, taken in encoding.items()}
    return {
        "notes": len(list(folder.rglob("*.md"))),
        "passages": len(texts),
        "index_seconds": round(report.seconds, 1),
        "passages_per_second": {name: round(value, 1) for name, value in rate.items()},
        "encoding_ratio": round(rate["ours"] / rate["plain"], 2),
        "question_ms_median": {n: round(1000 * median(t)) for n, t in asking.items()},
        "question_ms_p95": {
            n: round(1000 * float(np.quantile(t, 0.95))) for n, t in asking.items()
        },
        "passages_read": read,
        "cold_ask_seconds": round(median(cold), 2),
        "unchanged_index_seconds": round(median(unchanged), 2),
        "memory_mb_after_100_questions": round(int(memory.stdout) / 1e6),
        "machine": describe(),
    }


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = ROOT.parent / "shared" / "data" / "notes"
    parser.add_argument("notes", type=Path, nargs="?", default=default)
    with tempfile.TemporaryDirectory() as scratch:
        found = measure(parser.parse_args().notes, Path(scratch))
    text = json.dumps(found, indent=2)
    print(text)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
