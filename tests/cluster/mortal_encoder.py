"""An encoder in whose hands a worker dies; a module of its own, for workers to import."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.kb.fake_encoder import FakeEncoder


class MortalEncoder(FakeEncoder):
    """Kills its process, once: the first that embeds a passage."""

    def __init__(self, mark: Path) -> None:
        super().__init__()
        self._mark = mark

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        try:
            self._mark.touch(exist_ok=False)
        except FileExistsError:
            return super().encode_passages(texts)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError
