"""What the training of reader and encoder share: settings, rates, precision, steps, checkpoints."""

import argparse
import json
import os
import time
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from qa.errors import TrainingError

Run = TypeVar("Run")


def read_settings(path: Path, run: Callable[..., Run], source: Callable[..., Any]) -> Run:
    """Read a run's settings from its TOML file.

    :param run: makes the run of the settings by name, ``sources`` among them.
    :param source: makes a source of one table of ``source``.
    :raises TrainingError: if the file is missing, not TOML, or names an unknown setting.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
        sources = tuple(source(**each) for each in settings.pop("source"))
        return run(sources=sources, **settings)
    except (OSError, tomllib.TOMLDecodeError, TypeError, KeyError) as exc:
        raise TrainingError(f"cannot read the run {path}: {exc}") from exc


def read_arguments(program: str, description: str | None) -> argparse.Namespace:
    """Read the command line of a training run, and set the threads it names."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("run", type=Path, help="TOML file of the run, see qa/runs/")
    parser.add_argument("data", type=Path, help="folder of SQuAD-format files")
    parser.add_argument("backbone", type=Path, help="folder from `python -m retrieval.backbone`")
    parser.add_argument("out", type=Path, help="folder for checkpoint, log and model")
    parser.add_argument("--steps", type=int, help="stop after so many steps (default: all)")
    parser.add_argument("--decay", type=int, metavar="N", help="land the run over N steps")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="CPU threads")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    return options


def parameter_groups(model: nn.Module, optimiser: dict[str, float]) -> list[dict[str, Any]]:
    """Give each layer its rate: the head its own, the layers decaying downwards."""
    layers = 1 + max(_layer(name) for name, _ in model.named_parameters())
    groups: list[dict[str, Any]] = []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        depth = layers - 1 - _layer(name)
        rate = optimiser["learning_rate"] * optimiser["layer_decay"] ** depth
        if name.startswith("qa_outputs"):
            rate = optimiser["head_learning_rate"]
        decay = optimiser["weight_decay"] if parameter.ndim > 1 else 0.0
        groups.append({"params": [parameter], "lr": rate, "peak": rate, "weight_decay": decay})
    return groups


def _layer(name: str) -> int:
    parts = name.split(".")
    return int(parts[parts.index("layer") + 1]) if "layer" in parts else -1


def fastest_precision(model: nn.Module, loss_in: Callable[[torch.dtype], Tensor]) -> torch.dtype:
    """Time two steps in fp32 and in bf16 and return the faster; processors differ threefold.

    :param loss_in: the loss of one batch, computed in a precision.
    """
    seconds: dict[torch.dtype, float] = {}
    for precision in (torch.bfloat16, torch.float32):
        for _ in range(2):  # the first call of each warms up
            began = time.perf_counter()
            loss_in(precision).backward()
            seconds[precision] = time.perf_counter() - began
        model.zero_grad()
    return min(seconds, key=lambda precision: seconds[precision])


class Training(ABC):
    """A model, its optimiser, and the step it stands at, kept in ``out/checkpoint.pt``.

    The checkpoint leaves out the word embeddings, which are frozen.
    """

    def __init__(
        self, model: nn.Module, optimiser: dict[str, float], steps: int, out: Path
    ) -> None:
        """Begin, or go on from the checkpoint in ``out`` if there is one.

        :param optimiser: ``learning_rate`` of the top layer, ``layer_decay`` to the one below,
            ``head_learning_rate``, ``weight_decay``, ``warmup_steps``, ``clip`` of the gradient's
            norm.
        :param steps: of the whole run, for the log.
        """
        self.model, self.out, self.step = model, out, 0
        self._settings, self._steps = optimiser, steps
        self.optimiser = torch.optim.AdamW(
            parameter_groups(model, optimiser), fused=True, betas=(0.9, 0.98)
        )
        out.mkdir(parents=True, exist_ok=True)
        if (out / "checkpoint.pt").exists():
            self.restore()

    @abstractmethod
    def loss_at(self, step: int) -> tuple[Tensor, int]:
        """Return a step's loss, a scalar, and how many examples it is of."""

    def checkpoint(self) -> None:
        """Write weights, optimiser and position, all or nothing."""
        state = {
            "step": self.step,
            "model": {
                name: value
                for name, value in self.model.state_dict().items()
                if "word_embeddings" not in name
            },
            "optimiser": self.optimiser.state_dict(),
        }
        partial = self.out / "checkpoint.partial"
        torch.save(state, partial)
        partial.replace(self.out / "checkpoint.pt")

    def restore(self) -> None:
        """Go back to the checkpoint in ``out``."""
        state = torch.load(self.out / "checkpoint.pt", map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"], strict=False)
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]

    def advance(self, steps: int, falling: bool) -> Iterator[dict[str, float]]:
        """Take ``steps`` steps; yield the mean loss and speed of every 25 (of the last too).

        :param falling: bring the rate linearly to zero over the steps, else keep it.
        """
        warmup, clip = self._settings["warmup_steps"], self._settings["clip"]
        losses: list[float] = []
        seen, began = 0, time.perf_counter()
        for taken in range(steps):
            factor = min(1.0, (self.step + 1) / warmup)
            factor *= 1 - taken / steps if falling else 1.0
            for group in self.optimiser.param_groups:
                group["lr"] = group["peak"] * factor
            loss, examples = self.loss_at(self.step)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), clip)
            self.optimiser.step()
            self.optimiser.zero_grad()
            self.step += 1
            losses.append(float(loss.detach()))
            seen += examples
            if len(losses) == 25 or taken == steps - 1:
                elapsed = time.perf_counter() - began
                yield {
                    "step": self.step,
                    "of": self._steps,
                    "loss": round(sum(losses) / len(losses), 4),
                    "examples_per_second": round(seen / elapsed, 2),
                }
                losses, seen, began = [], 0, time.perf_counter()

    def carry_on(self, steps: int | None, decay: int | None, every: int) -> None:
        """Go on with the run, logging to ``out/log.jsonl`` and keeping checkpoints.

        :param steps: stop after so many; None: take all that remain.
        :param decay: instead, land the run over so many; the checkpoint stays as it was.
        :param every: steps between checkpoints.
        """
        remaining = self._steps - self.step
        with (self.out / "log.jsonl").open("a", encoding="utf-8") as log:
            for row in self.advance(decay or min(steps or remaining, remaining), bool(decay)):
                log.write(json.dumps({**row, "decay": bool(decay)}) + "\n")
                log.flush()
                if not decay and self.step % every == 0:
                    self.checkpoint()
        if not decay:
            self.checkpoint()
