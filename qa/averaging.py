"""Average the weights of readers: ``python -m qa.averaging OUT FOLDER=SHARE FOLDER=SHARE...``.

The folders are in Hugging Face's format; each run must have gone on from the one before, so that
their weights lie in one basin. Their average is at least as good as either on most data, and keeps
what only one of them learned.

Source: Wortsman et al., "Model soups" (ICML 2022).
"""

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from qa.errors import ReaderError
from qa.export import read_weights


def average(shares: Mapping[Path, float], out: Path) -> None:
    """Write the weighted mean of readers into ``out``.

    :param shares: of each folder, positive; they are brought to a sum of 1.
    :raises ReaderError: if a folder holds no reader, or the readers differ in shape.
    :raises ValueError: if a share is not positive.
    """
    from safetensors.numpy import save_file

    if not shares or min(shares.values()) <= 0:
        raise ValueError(f"shares must be positive, not {list(shares.values())}")
    total = sum(shares.values())
    first = next(iter(shares))
    mean = {name: np.zeros_like(value) for name, value in read_weights(first).items()}
    for folder, share in shares.items():
        weights = read_weights(folder)
        if {name: each.shape for name, each in weights.items()} != {
            name: each.shape for name, each in mean.items()
        }:
            raise ReaderError(f"{folder} and {first} are readers of different shapes")
        for name, value in weights.items():
            mean[name] += np.float32(share / total) * value
    out.mkdir(parents=True, exist_ok=True)
    save_file(mean, out / "model.safetensors")
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(first / name, out / name)


def main() -> None:
    """Average the named readers."""
    parser = argparse.ArgumentParser(prog="python -m qa.averaging", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("readers", nargs="+", metavar="FOLDER=SHARE")
    options = parser.parse_args()
    pairs = (each.rpartition("=") for each in options.readers)
    average({Path(folder): float(share) for folder, _mark, share in pairs}, options.out)


if __name__ == "__main__":
    main()
