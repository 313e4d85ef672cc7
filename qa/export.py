"""Make the bundled reader of a trained one: ``python -m qa.export TRAINED`` (extra ``models``).

TRAINED is a folder in Hugging Face's format with the backbone's vocabulary, as `qa.train` makes it.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.errors import ReaderError
from qa.onnx_reader import READER_FOLDER
from retrieval import bert_graph
from retrieval.manifest import read_manifest, write_manifest
from retrieval.onnx_session import MODEL_FOLDER

MAX_TOKENS, STRIDE = 224, 128


def write_reader(
    trained: Path, folder: Path, precision: bert_graph.Precision, facts: dict[str, Any]
) -> None:
    """Write ``reader.onnx`` and its manifest into ``folder``.

    :raises ReaderError: if ``trained`` is not a reader with our vocabulary.
    """
    weights = read_weights(trained)
    settings = json.loads((trained / "config.json").read_text(encoding="utf-8"))
    expected = read_manifest(MODEL_FOLDER).facts["vocabulary"]
    if settings["vocab_size"] != expected:
        message = f"{trained} has {settings['vocab_size']} word pieces, the encoder {expected}"
        raise ReaderError(message)
    graph = bert_graph.Graph(precision)
    body = {name.removeprefix("bert."): value for name, value in weights.items()}
    hidden = bert_graph.body(
        graph, body, settings["num_attention_heads"], settings["layer_norm_eps"]
    )
    head = weights["qa_outputs.weight"], weights["qa_outputs.bias"]
    output = bert_graph.add_span_head(graph, hidden, *head)
    model = bert_graph.finish(graph, output, ["rows", "tokens", 2], settings["hidden_size"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reader.onnx").write_bytes(model.SerializeToString())
    write_manifest(folder, ["reader.onnx"], {"max_tokens": MAX_TOKENS, "stride": STRIDE, **facts})


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
    parser.add_argument("--folder", type=Path, default=READER_FOLDER, help="where to write")
    parser.add_argument("--precision", choices=["int8", "fp32"], default="int8")
    options = parser.parse_args()
    log = options.trained.parent / "log.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    facts = {"source": str(options.trained), "last_step": rows[-1] if rows else None}
    write_reader(options.trained, options.folder, options.precision, facts)


if __name__ == "__main__":
    main()
