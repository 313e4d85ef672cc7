"""Turn a bundled int8 body back into fp32 weights under BERT's names (build time).

For training to go on from, and for comparisons with the same weights in other runtimes.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from tokenizers import Tokenizer

from retrieval import backbone, tokenizer
from retrieval.manifest import read_manifest
from retrieval.onnx_session import MODEL_FOLDER, shared_words

Weights = dict[str, NDArray[np.float32]]
_Read = Callable[[str], NDArray[np.float32]]
_PARTS = ("query", "key", "value")


def read_constants(path: Path) -> dict[str, NDArray[np.generic]]:
    """Return the constants of an ONNX file by name."""
    model = onnx.load(str(path))
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def body_weights(constants: dict[str, NDArray[np.generic]]) -> Weights:
    """Return the weights of a body that `retrieval.bert_graph` wrote, without the word table."""

    def vector(name: str) -> NDArray[np.float32]:
        return constants[name].astype(np.float32)

    def matrix(name: str) -> NDArray[np.float32]:
        # The bundled encoder is from before its layers' weights and biases shared a name.
        for older in (f"{name}.product", name.replace(".dense", ".product")):
            name = older if f"{older}.weight" in constants else name
        levels = vector(f"{name}.weight") * vector(f"{name}.scale")  # (inputs, outputs)
        if f"{name}.factors" in constants:
            levels *= vector(f"{name}.factors")[:, None]
        return np.ascontiguousarray(levels.T, np.float32)

    found: Weights = {
        # Positions and the one token type were added up; the sum is all that is ever used.
        "embeddings.position_embeddings.weight": vector("positions"),
        "embeddings.token_type_embeddings.weight": np.zeros(
            (2, constants["positions"].shape[1]), np.float32
        ),
    }
    for part in ("weight", "bias"):
        found[f"embeddings.LayerNorm.{part}"] = vector(f"embeddings.LayerNorm.{part}")
    layers = [name for name in constants if name.endswith(".qkv.weight")]
    for layer in range(len(layers)):
        _add_layer(found, f"encoder.layer.{layer}", matrix, vector)
    return found


def _add_layer(found: Weights, layer: str, matrix: _Read, vector: _Read) -> None:
    weights = np.split(matrix(f"{layer}.qkv"), 3)
    biases = np.split(vector(f"{layer}.qkv.bias"), 3)
    for part, weight, bias in zip(_PARTS, weights, biases, strict=True):
        found[f"{layer}.attention.self.{part}.weight"] = weight
        found[f"{layer}.attention.self.{part}.bias"] = bias
    for name in ("attention.output", "output"):
        found[f"{layer}.{name}.dense.weight"] = matrix(f"{layer}.{name}.dense")
        found[f"{layer}.{name}.dense.bias"] = vector(f"{layer}.{name}.dense.bias")
        for part in ("weight", "bias"):
            full = f"{layer}.{name}.LayerNorm.{part}"
            found[full] = vector(full)
    name = f"{layer}.intermediate.dense"
    found[f"{name}.weight"] = matrix(name)
    found[f"{name}.bias"] = vector(f"{name}.bias")


def write_bundled(folder: Path, body: Path, *, head: bool) -> None:
    """Write a bundled body as a folder that transformers opens.

    :param body: ``encoder.onnx`` or ``reader.onnx``.
    :param head: whether it has the reader's head.
    """
    from safetensors.numpy import save_file

    facts = read_manifest(MODEL_FOLDER).facts
    constants = read_constants(body)
    weights = body_weights(constants)
    ids = np.arange(int(facts["vocabulary"]), dtype=np.int64)[None]  # (1, vocabulary)
    weights["embeddings.word_embeddings.weight"] = shared_words().look_up(ids)[0]
    settings = {
        "architectures": ["BertForQuestionAnswering" if head else "BertModel"],
        "model_type": "bert",
        "vocab_size": ids.shape[1],
        "hidden_size": int(facts["dimension"]),
        "num_hidden_layers": sum(name.endswith("qkv.weight") for name in constants),
        "num_attention_heads": int(facts["heads"]),
        "intermediate_size": weights["encoder.layer.0.intermediate.dense.bias"].size,
        "max_position_embeddings": int(facts["max_tokens"]),
        "type_vocab_size": 2,
        "layer_norm_eps": float(facts["epsilon"]),
        "pad_token_id": tokenizer.PAD,
        "hidden_act": "gelu",
    }
    if head:
        weights = {f"bert.{name}": value for name, value in weights.items()}
        weights["qa_outputs.weight"] = np.ascontiguousarray(
            constants["head.weight"].T.astype(np.float32)
        )
        weights["qa_outputs.bias"] = constants["head.bias"].astype(np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    text = json.dumps(settings, indent=2)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")
    # A tokenizer of its own: the shared one must stay without specials.
    words = Tokenizer.from_file(str(tokenizer.TOKENIZER_FILE))
    backbone.add_hugging_face_tokenizer(folder, words)
