"""Fine-tune the encoder: ``python -m qa.train_encoder RUN.toml DATA BACKBONE OUT``.

The loss is the cross-entropy of a question's own passage among all passages of its batch, by cosine
over a temperature (van den Oord et al., 2018; Karpukhin et al., EMNLP 2020, with in-batch
negatives). Passages that hold the answer's words are not held against it. Word embeddings stay
frozen: the table is shared with the reader.

A run stops and goes on as `qa.train`'s do. At its end, or with ``--decay N`` after N more steps,
the encoder is written to ``OUT/trained`` in Hugging Face's format.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel

from qa.contrast import Passage, Source, also_answered, batches, draw
from qa.training import Training, fastest_precision, read_arguments, read_settings
from retrieval import tokenizer
from retrieval.encoder import load_encoder
from retrieval.onnx_session import pad

_PIECE = 12  # rows of like length that go through the model together


@dataclass(frozen=True)
class Run:
    """The settings of one run, as its TOML file gives them.

    ``max_tokens`` of a passage; ``questions`` of one passage at most; ``batch`` passages in
    clusters of ``cluster``; ``temperature`` that cosines are divided by.
    """

    seed: int
    max_tokens: int
    questions: int
    batch: int
    cluster: int
    temperature: float
    title_share: float
    optimiser: dict[str, float]
    sources: tuple[Source, ...]


def read_run(path: Path) -> Run:
    """Read a run's settings.

    :raises TrainingError: if the file is missing, not TOML, or names an unknown setting.
    """
    return read_settings(path, Run, Source)


def contrastive_loss(
    questions: Tensor, passages: Tensor, own: Tensor, excused: Tensor, temperature: float
) -> Tensor:
    """Return the mean cross-entropy of each question's own passage, a scalar in nats.

    :param questions: unit vectors, shape ``(questions, dimension)``.
    :param passages: unit vectors, shape ``(passages, dimension)``.
    :param own: the passage of each question, shape ``(questions,)``.
    :param excused: passages that are no negatives of a question, shape ``(questions, passages)``.
    """
    scores = questions @ passages.T / temperature  # (questions, passages)
    scores = scores.masked_fill(excused, float("-inf"))
    return nn.functional.cross_entropy(scores, own)


class EncoderTraining(Training):
    """One run of the encoder."""

    def __init__(self, run: Run, data: Path, backbone: Path, out: Path) -> None:
        """Draw the data, lay it out by the bundled encoder's vectors, open what ``out`` holds."""
        torch.manual_seed(run.seed)
        self.run = run
        self.words: Tokenizer = tokenizer.load(backbone / "tokenizer.json")
        self.passages = draw(run.sources, data, run.questions, run.title_share, run.seed)
        vectors = _vectors(self.passages, out)
        self.order = batches(vectors, run.batch, run.cluster, run.seed)
        self.encoder = BertModel.from_pretrained(
            backbone,
            add_pooling_layer=False,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            dtype=torch.float32,
        )
        self.encoder.embeddings.word_embeddings.weight.requires_grad = False
        super().__init__(self.encoder.train(), run.optimiser, len(self.order), out)
        batch = self.batch(self.step)[:_PIECE]
        self.precision = fastest_precision(
            self.encoder, lambda precision: self.loss(batch, precision)[0]
        )

    def batch(self, step: int) -> list[Passage]:
        """Return the passages of a step; past the last step the order begins again."""
        return [self.passages[row] for row in self.order[step % len(self.order)]]

    def loss_at(self, step: int) -> tuple[Tensor, int]:
        """Return the loss of a step, and how many questions it is of."""
        return self.loss(self.batch(step), self.precision)

    def loss(self, batch: Sequence[Passage], precision: torch.dtype) -> tuple[Tensor, int]:
        """Return the loss of a batch, a scalar, and how many questions it is of."""
        own = [row for row, passage in enumerate(batch) for _ in passage.questions]
        asked = [f"query: {question}" for passage in batch for question in passage.questions]
        questions = self.embed(asked, precision)
        passages = self.embed([f"passage: {passage.text}" for passage in batch], precision)
        excused = torch.from_numpy(also_answered(batch)[own])
        rows = torch.tensor(own)
        found = contrastive_loss(questions, passages, rows, excused, self.run.temperature)
        return found, len(own)

    def embed(self, texts: Sequence[str], precision: torch.dtype) -> Tensor:
        """Return unit vectors of texts in their order, shape ``(texts, dimension)``."""
        room = self.run.max_tokens - 2
        encodings = self.words.encode_batch(list(texts), add_special_tokens=False)
        rows = [[tokenizer.BOS, *each.ids[:room], tokenizer.EOS] for each in encodings]
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        found = [
            self._piece([rows[row] for row in order[at : at + _PIECE]], precision)
            for at in range(0, len(order), _PIECE)
        ]
        places = np.argsort(np.asarray(order))
        return torch.cat(found)[torch.from_numpy(places)]

    def _piece(self, rows: list[list[int]], precision: torch.dtype) -> Tensor:
        ids, mask = (torch.from_numpy(each).long() for each in pad(rows, tokenizer.PAD))
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            hidden = self.model(input_ids=ids, attention_mask=mask).last_hidden_state
        kept = mask[:, :, None].float()  # (rows, tokens, 1)
        mean = (hidden.float() * kept).sum(1) / kept.sum(1)  # (rows, dimension)
        return nn.functional.normalize(mean, dim=1)

    def write(self, backbone: Path) -> None:
        """Write the encoder as it is now to ``out/trained``."""
        folder = self.out / "trained"
        self.encoder.save_pretrained(folder)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(backbone / name, folder / name)


def _vectors(passages: Sequence[Passage], out: Path) -> np.ndarray:
    """Embed the passages with the bundled encoder, or read what an earlier start embedded."""
    kept = out / "vectors.npy"
    if kept.exists() and len(vectors := np.load(kept)) == len(passages):
        return vectors
    vectors = load_encoder().encode_passages([passage.text for passage in passages])
    out.mkdir(parents=True, exist_ok=True)
    np.save(kept, vectors)
    return vectors


def main() -> None:
    """Run or go on with a training run."""
    options = read_arguments("qa.train_encoder", __doc__)
    one = EncoderTraining(read_run(options.run), options.data, options.backbone, options.out)
    print(f"{len(one.passages)} passages, {len(one.order)} steps, {one.precision}", flush=True)  # noqa: T201
    one.carry_on(options.steps, options.decay, every=100)
    one.write(options.backbone)


if __name__ == "__main__":
    main()
