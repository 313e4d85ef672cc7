"""The tokenizer that encoder and reader share: XLM-R's Unigram pieces, reduced."""

import functools
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from retrieval.errors import ModelError

BOS, PAD, EOS, UNK = 0, 1, 2, 3
FILE = "tokenizer.json"
TOKENIZER_FILE = Path(__file__).parent / "model" / FILE


def build(pieces: Sequence[tuple[str, float]], precompiled_map: bytes) -> Tokenizer:
    """Make a tokenizer from Unigram pieces and a SentencePiece character map.

    Specials are not added by the tokenizer: encoder and reader lay them out themselves.

    :param pieces: (piece, log probability), index = id; the first four are the specials.
    :param precompiled_map: the ``nmt_nfkc`` map in SentencePiece's binary form.
    """
    tokenizer = Tokenizer(models.Unigram(list(pieces), unk_id=UNK, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("\u200d", " "),
            normalizers.Precompiled(precompiled_map),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    tokenizer.decoder = decoders.Metaspace()
    return tokenizer


@functools.cache
def load(path: Path = TOKENIZER_FILE) -> Tokenizer:
    """Read a tokenizer file, once a process, without truncation or padding of its own.

    :raises ModelError: if the file is missing or damaged.
    """
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as exc:  # tokenizers raises nothing narrower
        raise ModelError(f"cannot read the tokenizer {path}: {exc}") from exc
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
