"""The reader beside transformers: ``python -m benchmarks.reader HELD_OUT [TRAINED]``.

HELD_OUT is a folder from ``python -m qa.holdout``. Speed: five passages of about 160 tokens, turn
by turn in one process with transformers in fp32 on the same weights (dequantised from the bundled
file), passage by passage as its question-answering pipeline read until version 5 dropped it, and in
one padded batch. Agreement: the bundled int8 file against TRAINED, the fp32 weights it was made of,
on held-out questions. Writes benchmarks/results/reader.json.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe
from qa import metrics
from qa.evaluate import language_of, sample
from qa.export import write_reader as export_reader
from qa.hugging_face_reader import HuggingFaceReader
from qa.onnx_reader import OnnxReader
from qa.reader import Context, Reader
from qa.restore import write_reader
from qa.squad import Example, read_squad
from retrieval import tokenizer
from retrieval.manifest import read_manifest
from retrieval.onnx_session import MODEL_FOLDER

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "reader.json"
PASSAGES, TOKENS, QUESTIONS = 5, 160, 40
_LOAD = """
import sys, time
began = time.perf_counter()
from qa.onnx_reader import OnnxReader
OnnxReader()
print(time.perf_counter() - began, "torch" in sys.modules or "transformers" in sys.modules)
"""


def passages_of(examples: list[Example], tokens: int) -> list[Context]:
    """Return paragraphs cut to about so many tokens, those too short left out."""
    splitter = tokenizer.load(read_manifest(MODEL_FOLDER).path("tokenizer.json"))
    found: list[Context] = []
    for context in dict.fromkeys(example.context for example in examples):
        places = splitter.encode(context, add_special_tokens=False).offsets
        if len(places) >= tokens:
            found.append(Context("", context[: places[tokens - 1][1]]))
    return found


def seconds(reader: Reader, question: str, passages: list[Context], *, singly: bool) -> float:
    """Return how long reading takes."""
    began = time.perf_counter()
    if singly:
        for passage in passages:
            reader.read(question, [passage])
    else:
        reader.read(question, passages)
    return time.perf_counter() - began


def speed(examples: list[Example], scratch: Path) -> dict[str, Any]:
    """Time both readers on the same questions and passages, in turns."""
    write_reader(scratch / "restored")
    ours, plain = OnnxReader(), HuggingFaceReader(str(scratch / "restored"))
    passages = passages_of(examples, TOKENS)
    ways = {
        "ours": (ours, False),
        "transformers, passage by passage": (plain, True),
        "transformers, one batch": (plain, False),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for at in range(QUESTIONS + 1):
        start = at * PASSAGES % (len(passages) - PASSAGES)
        chosen = passages[start : start + PASSAGES]
        for name, (reader, singly) in ways.items():
            taken[name].append(seconds(reader, examples[at].question, chosen, singly=singly))
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}  # one warms up
    return {
        "ms_median": {name: round(1000 * value, 1) for name, value in medians.items()},
        "ms_p95": {
            name: round(1000 * float(np.quantile(times[1:], 0.95))) for name, times in taken.items()
        },
        "times_faster_than_passage_by_passage": round(
            medians["transformers, passage by passage"] / medians["ours"], 2
        ),
    }


def loading() -> dict[str, Any]:
    """Time a cold process's import and opening of the reader."""
    runs = [
        subprocess.run(
            [sys.executable, "-c", _LOAD], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.split()
        for _ in range(5)
    ]
    return {
        "load_seconds": round(statistics.median(float(taken) for taken, _ in runs), 3),
        "loads_torch_or_transformers": any(flag == "True" for _, flag in runs),
    }


def agreement(examples: list[Example], trained: Path, scratch: Path) -> dict[str, Any]:
    """Compare int8 with fp32 of the same training: spans that are the same, and F1 of both."""
    export_reader(trained, scratch / "fp32", "fp32", {"source": str(trained)})
    readers = {"int8": OnnxReader(), "fp32": OnnxReader(scratch / "fp32")}
    same: list[bool] = []
    scores: dict[str, list[float]] = {name: [] for name in readers}
    for example in examples:
        found: dict[str, str] = {}
        for name, reader in readers.items():
            [spans] = reader.read(example.question, [Context("", example.context)], best=1)
            # What a SQuAD 2.0 file is scored by: no answer where the reader prefers none.
            shown = bool(spans) and spans[0].score > 0
            found[name] = example.context[spans[0].start : spans[0].end] if shown else ""
            gold = [text for text, _ in example.answers]
            scores[name].append(metrics.f1(found[name], gold, language_of(example)))
        same.append(found["int8"] == found["fp32"])
    return {
        "questions": len(examples),
        "same_span_percent": round(100 * float(np.mean(same)), 1),
        "f1": {name: round(100 * float(np.mean(each)), 2) for name, each in scores.items()},
    }


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reader", description=__doc__)
    parser.add_argument("held_out", type=Path)
    parser.add_argument("trained", type=Path, nargs="?", help="fp32 weights of the bundled reader")
    parser.add_argument("--limit", type=int, default=400, help="questions a file for agreement")
    options = parser.parse_args()
    english = read_squad(options.held_out / "squad2_train.json")
    with tempfile.TemporaryDirectory() as scratch:
        found = {**speed(english, Path(scratch)), **loading()}
        if options.trained:
            found["agreement"] = {
                name: agreement(
                    sample(read_squad(options.held_out / f"{name}.json"), options.limit),
                    options.trained,
                    Path(scratch),
                )
                for name in ("squad2_train", "cmrc2018_train", "drcd_dev")
            }
    found["reader"] = OnnxReader().fingerprint
    found["machine"] = describe()
    text = json.dumps(found, indent=2)
    print(text)
    RESULT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
