"""Vectors of a corpus, embedded once for all runs: the peers share encoder, weights and library.

Run as ``python -m benchmarks.peers.lending PASSAGES WEIGHTS FILE``.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.peers.peer import Corpus

ROOT = Path(__file__).parents[2]


def lend(corpus: Corpus, weights: Path) -> None:
    """Put the vectors beside the passages; embed where these passages never were."""
    passages = corpus.folder / "passages.json"
    digest = hashlib.sha256(passages.read_bytes()).hexdigest()[:12]
    file = weights / f"vectors-{digest}.npy"
    if not file.exists():
        # In a process of its own: torch stays out of the runner.
        command = [sys.executable, "-m", "benchmarks.peers.lending"]
        command += [str(passages), str(weights), str(file)]
        subprocess.run(command, cwd=ROOT, check=True)
    shutil.copyfile(file, corpus.folder / "vectors.npy")


def embed(passages: Path, weights: Path, file: Path) -> None:
    """Embed with sentence-transformers and write the vectors, whole or not at all."""
    import numpy as np

    from retrieval.sentence_transformers_encoder import SentenceTransformersEncoder

    texts = [text for _note, text in json.loads(passages.read_text(encoding="utf-8"))]
    encoder = SentenceTransformersEncoder(str(weights / "multilingual-e5"))
    part = file.with_suffix(".part.npy")
    np.save(part, encoder.encode_passages(texts))
    part.replace(file)


if __name__ == "__main__":
    embed(*map(Path, sys.argv[1:]))
