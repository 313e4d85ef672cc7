"""Make the centres of the bundled encoder's languages: ``python -m qa.centres DATA`` (build time).

DATA is a folder of question files in the SQuAD format. Questions and paragraphs of the documents
that training sees (`qa.squad.split`) are embedded; in a language's mean all files count the same.
Run it again whenever the encoder changes. Writes retrieval/model/centres.json.
"""

import argparse
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.squad import read_squad, split
from retrieval.centring import CENTRES_FILE
from retrieval.encoder import Encoder, load_encoder

FILES = {
    "en": (
        "squad2_train_p1",
        "squadshifts_reddit",
        "nq_qed",
        "policyqa_dev",
        "squadshifts_amazon_reviews",
    ),
    "zh": ("cmrc2018_train", "dureader_robust_dev", "drcd_dev", "drcd_train_sub_simplified"),
}
_QUESTIONS = 400
_PASSAGES = 150
_CHARACTERS = 600
_SEED = 3

Vectors = NDArray[np.float32]


def embed(encoder: Encoder, path: Path) -> tuple[Vectors, Vectors]:
    """Return the vectors of a file's questions and of the paragraphs of the first of them."""
    examples = split(read_squad(path))[0]
    chosen = random.Random(_SEED).sample(examples, min(_QUESTIONS, len(examples)))
    questions = encoder.encode_queries([each.question for each in chosen])
    texts = [each.context[:_CHARACTERS] for each in chosen[:_PASSAGES]]
    return questions, encoder.encode_passages(texts)


def centres(parts: list[tuple[Vectors, Vectors]]) -> tuple[Vectors, Vectors, tuple[float, float]]:
    """Return the means of a language's questions and passages, and the scale between cosines.

    The scale is the line of least squares from centred to plain cosines, over every question with
    every passage of its file.
    """
    question = np.mean([questions.mean(axis=0) for questions, _ in parts], axis=0)
    passage = np.mean([passages.mean(axis=0) for _, passages in parts], axis=0)
    plain = [questions[:_PASSAGES] @ passages.T for questions, passages in parts]
    centred = [
        _unit(questions[:_PASSAGES] - question) @ _unit(passages - passage).T
        for questions, passages in parts
    ]
    slope, offset = np.polyfit(
        np.concatenate([each.ravel() for each in centred]),
        np.concatenate([each.ravel() for each in plain]),
        1,
    )
    return question, passage, (float(offset), float(slope))


def _unit(vectors: Vectors) -> Vectors:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def made(encoder: Encoder, data: Path) -> dict[str, Any]:
    """Return what the file holds."""
    fields: dict[str, Any] = {
        "encoder": encoder.fingerprint,
        "files": {language: list(names) for language, names in FILES.items()},
        "questions": {},
        "passages": {},
        "scales": {},
    }
    for language, names in FILES.items():
        question, passage, scale = centres(
            [embed(encoder, data / f"{name}.json") for name in names]
        )
        fields["questions"][language] = [round(float(value), 5) for value in question]
        fields["passages"][language] = [round(float(value), 5) for value in passage]
        fields["scales"][language] = [round(value, 4) for value in scale]
    return fields


def main() -> None:
    """Embed, take the means, write them."""
    parser = argparse.ArgumentParser(prog="python -m qa.centres", description=__doc__)
    parser.add_argument("data", type=Path, help="folder of SQuAD-format files")
    parser.add_argument("--file", type=Path, default=CENTRES_FILE, help="where to write")
    options = parser.parse_args()
    text = json.dumps(made(load_encoder(), options.data))
    options.file.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
