"""Fine-tune a reader: ``python -m qa.train RUN.toml DATA BACKBONE OUT``.

The loss is the cross-entropy of the answer's first and last token; a window without the answer
points at ``<s>`` (Devlin et al., NAACL 2019, section 4.3). Word embeddings stay frozen, so that the
table is shared with the encoder. No dropout: every example is seen about once, and on a CPU drawing
the masks took half of each step.

A run stops and goes on at any step: ``OUT/checkpoint.pt`` holds weights, optimiser, step and the
run's settings; the order of the data follows from the seed. ``OUT/log.jsonl`` keeps the losses.
``--decay N`` goes on from the checkpoint for N steps with the rate falling to zero and writes the
reader to ``OUT/decayed`` in Hugging Face's format; the checkpoint stays as it was.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import BertForQuestionAnswering

from qa.mixture import Feature, Source, batches, draw, featurise
from qa.training import Training, fastest_precision, read_arguments, read_settings
from retrieval import tokenizer


@dataclass(frozen=True)
class Run:
    """The settings of one run, as its TOML file gives them."""

    seed: int
    max_tokens: int
    batch_tokens: int
    title_share: float
    epochs: int
    optimiser: dict[str, float]
    sources: tuple[Source, ...]


def read_run(path: Path) -> Run:
    """Read a run's settings.

    :raises TrainingError: if the file is missing, not TOML, or names an unknown setting.
    """
    return read_settings(path, Run, Source)


def collate(rows: list[Feature]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pad rows to one length: ids and mask ``(rows, tokens)``, starts and ends ``(rows,)``."""
    length = max(len(row.ids) for row in rows)
    ids = np.full((len(rows), length), tokenizer.PAD, dtype=np.int64)
    mask = np.zeros((len(rows), length), dtype=np.int64)
    for at, row in enumerate(rows):
        ids[at, : len(row.ids)] = row.ids
        mask[at, : len(row.ids)] = 1
    starts = torch.tensor([row.start for row in rows])
    ends = torch.tensor([row.end for row in rows])
    return torch.from_numpy(ids), torch.from_numpy(mask), starts, ends


def loss_of(model: nn.Module, rows: list[Feature], precision: torch.dtype, device: str) -> Tensor:
    """Return the mean cross-entropy of start and end over the batch, a scalar in nats."""
    ids, mask, starts, ends = (tensor.to(device) for tensor in collate(rows))
    with torch.autocast(device, precision, enabled=precision != torch.float32):
        output = model(input_ids=ids, attention_mask=mask)
    hidden = float(torch.finfo(torch.float32).min)
    start_logits = output.start_logits.float().masked_fill(mask == 0, hidden)  # (rows, tokens)
    end_logits = output.end_logits.float().masked_fill(mask == 0, hidden)  # (rows, tokens)
    loss = nn.functional.cross_entropy
    return (loss(start_logits, starts) + loss(end_logits, ends)) / 2


def open_model(backbone: Path, device: str) -> BertForQuestionAnswering:
    """Open the backbone (or a reader to go on from) with word embeddings frozen."""
    model = BertForQuestionAnswering.from_pretrained(
        backbone, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, dtype=torch.float32
    )
    model.bert.embeddings.word_embeddings.weight.requires_grad = False
    return model.to(torch.device(device)).train()  # pyright: ignore[reportArgumentType]


class Trainer(Training):
    """One run: its data in order, its model and optimiser, and the step it stands at."""

    def __init__(self, run: Run, data: Path, backbone: Path, out: Path) -> None:
        """Draw the data and open the checkpoint in ``out`` if there is one."""
        torch.manual_seed(run.seed)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        words = tokenizer.load(backbone / "tokenizer.json")
        examples = draw(run.sources, data, run.seed)
        self.features = featurise(examples, words, run.max_tokens, run.title_share, run.seed)
        self.order = [
            batch
            for epoch in range(run.epochs)
            for batch in batches(self.features, run.batch_tokens, run.seed + epoch)
        ]
        self.reader = open_model(backbone, self.device)
        super().__init__(self.reader, run.optimiser, len(self.order), out)
        rows = self.rows(self.step)
        self.precision = fastest_precision(
            self.model, lambda precision: loss_of(self.model, rows, precision, self.device)
        )

    def rows(self, step: int) -> list[Feature]:
        """Return the examples of a step; past the last step the order begins again."""
        return [self.features[row] for row in self.order[step % len(self.order)]]

    def loss_at(self, step: int) -> tuple[Tensor, int]:
        """Return the mean cross-entropy of a step's examples, and how many they are."""
        rows = self.rows(step)
        return loss_of(self.model, rows, self.precision, self.device), len(rows)


def main() -> None:
    """Run or go on with a training run."""
    options = read_arguments("qa.train", __doc__)
    trainer = Trainer(read_run(options.run), options.data, options.backbone, options.out)
    print(f"{len(trainer.features)} examples, {len(trainer.order)} steps, {trainer.precision}")  # noqa: T201
    trainer.carry_on(options.steps, options.decay, every=250)
    if options.decay:
        trainer.reader.save_pretrained(options.out / "decayed")


if __name__ == "__main__":
    main()
