"""Make the bundled reader of a trained one: ``python -m qa.export TRAINED RUN.toml DATA``.

TRAINED is a folder in Hugging Face's format with the backbone's vocabulary, as `qa.train` makes it
of the run and its data; a few hundred of the run's examples show how the weights may be rounded.
Needs the extra ``models``.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.answerer import CALIBRATION_FILE
from qa.errors import ReaderError
from qa.mixture import draw, featurise
from qa.onnx_reader import MODEL_FILE, READER_FOLDER
from qa.train import Run, read_run
from retrieval import bert_graph, tokenizer
from retrieval.manifest import read_manifest, write_manifest
from retrieval.onnx_session import MODEL_FOLDER, pad, shared_words

MAX_TOKENS, STRIDE = 224, 128
EXAMPLES = 15
"""Of each of a run's sources."""
_BATCH = 8
Inputs = tuple[NDArray[np.float32], NDArray[np.int32]]


def write_reader(
    trained: Path,
    folder: Path,
    precision: bert_graph.Precision,
    facts: dict[str, Any],
    texts: Iterable[Inputs] | None = None,
) -> None:
    """Write ``reader.onnx`` and its manifest into ``folder``.

    :param texts: what int8 weights are rounded by, see `bert_graph.observe`; without, each to the
        nearest.
    :raises ReaderError: if ``trained`` is not a reader with our vocabulary.
    """
    weights = read_weights(trained)
    settings = json.loads((trained / "config.json").read_text(encoding="utf-8"))
    expected = read_manifest(MODEL_FOLDER).facts["vocabulary"]
    if settings["vocab_size"] != expected:
        message = f"{trained} has {settings['vocab_size']} word pieces, the encoder {expected}"
        raise ReaderError(message)
    body = {
        name.removeprefix("bert."): value
        for name, value in weights.items()
        if name.startswith("bert.")
    }
    shape = settings["num_attention_heads"], settings["layer_norm_eps"]
    graph = bert_graph.Graph(precision, bert_graph.observe(body, *shape, texts) if texts else {})
    hidden = bert_graph.body(graph, body, *shape)
    head = weights["qa_outputs.weight"], weights["qa_outputs.bias"]
    output = bert_graph.add_span_head(graph, hidden, *head)
    model = bert_graph.finish(graph, output, ["rows", "tokens", 2], settings["hidden_size"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL_FILE).write_bytes(model.SerializeToString())
    # The calibration is of the reader before until `kb.measuring.calibrating` fits it anew.
    names = [name for name in (MODEL_FILE, CALIBRATION_FILE.name) if (folder / name).exists()]
    write_manifest(folder, names, {"max_tokens": MAX_TOKENS, "stride": STRIDE, **facts})


def calibration_texts(run: Run, data: Path) -> Iterator[Inputs]:
    """Yield batches of a run's examples as a body takes them, `EXAMPLES` of each source."""
    sources = [replace(source, take=EXAMPLES, negatives=0.0) for source in run.sources]
    examples = draw(sources, data, run.seed)
    features = featurise(examples, tokenizer.load(), run.max_tokens, run.title_share, run.seed)
    for at in range(0, len(features), _BATCH):
        ids, mask = pad([list(row.ids) for row in features[at : at + _BATCH]], tokenizer.PAD)
        yield shared_words().look_up(ids), mask


def read_weights(trained: Path) -> dict[str, NDArray[np.float32]]:
    """Read a trained reader's weights.

    :raises ReaderError: if the folder holds none.
    """
    from safetensors.numpy import load_file

    path = trained / "model.safetensors"
    if not path.is_file():
        raise ReaderError(f"{trained} holds no model.safetensors; train with `python -m qa.train`")
    return load_file(path)


def main() -> None:
    """Export a trained reader."""
    parser = argparse.ArgumentParser(prog="python -m qa.export", description=__doc__)
    parser.add_argument("trained", type=Path, help="folder of the trained reader")
    parser.add_argument("run", type=Path, help="TOML file of the run it was trained in")
    parser.add_argument("data", type=Path, help="folder of SQuAD-format files")
    parser.add_argument("--folder", type=Path, default=READER_FOLDER, help="where to write")
    parser.add_argument("--precision", choices=["int8", "fp32"], default="int8")
    options = parser.parse_args()
    log = options.trained.parent / "log.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    facts = {"source": str(options.trained), "last_step": rows[-1] if rows else None}
    texts = calibration_texts(read_run(options.run), options.data)
    write_reader(options.trained, options.folder, options.precision, facts, texts)


if __name__ == "__main__":
    main()
