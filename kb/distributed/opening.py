"""Opens the workers that a command names."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING

from retrieval.encoder import load_encoder

if TYPE_CHECKING:
    from kb.config import Settings
    from kb.distributed.ray_workers import RayWorkers


def open_workers(address: str, settings: Settings) -> AbstractContextManager[RayWorkers]:
    """Connect to a Ray cluster with the settings' encoder on each worker.

    :param address: ``HOST:PORT``, or "local" for processes of this machine.
    :raises ExtraMissing: if Ray is not installed.
    :raises WorkersError: if the cluster cannot be reached.
    """
    from kb.web.extras import require

    require("ray")
    from kb.distributed.ray_workers import RayWorkers

    # One thread each: Ray fills the processors with workers.
    return RayWorkers.connected(address, partial(load_encoder, settings.encoder, 1))
