"""Workers of a Ray cluster: Ray Data spreads notes and texts over pools of actors."""

# pyright: reportMissingImports=false

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

# Read when Ray is imported: it would report its use to its makers.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
import ray.data
from ray.exceptions import RayError

from kb.distributed.tasks import DraftingWorker, DraftTask, EmbeddingWorker
from kb.errors import WorkersError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from kb.indexing.drafting import Drafted, Drafter, Source
    from kb.indexing.job import Texts
    from kb.notes.vault import NoteFile
    from retrieval.encoder import Encoder

LOCAL = "local"
DRAFT_BATCH, EMBED_BATCH = 16, 64
# Fewer notes or texts are done before a pool of workers has started.
WORTH_WORKERS = 128
# Of a processor: with whole ones two pools on two processors would wait for each other.
_CPUS = 0.5
# So many workers in a row may die while they start.
_DEATHS = 3


class RayWorkers:
    """Drafts and embeds on a cluster, see `kb.indexing.workers.Workers`.

    A worker that dies is started again and its batch is given to another; the notes folder and
    the models must be there on every machine.
    """

    def __init__(self, open_encoder: Callable[[], Encoder], most: int) -> None:
        self._open_encoder = open_encoder
        self._most = most

    @classmethod
    @contextmanager
    def connected(cls, address: str, open_encoder: Callable[[], Encoder]) -> Generator[Self]:
        """Connect to a cluster, or start one of this machine, and leave it at the end.

        :param open_encoder: called in each worker.
        :raises WorkersError: if the cluster cannot be reached.
        """
        local = {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
        try:
            ray.init(
                address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                **(local if address == LOCAL else {}),
            )
        except Exception as error:
            ray.shutdown()
            raise WorkersError(f"the Ray cluster {address} cannot be reached: {error}") from error
        try:
            context = ray.data.DataContext.get_current()
            context.enable_progress_bars = False
            context.max_consecutive_actor_init_deaths = _DEATHS
            logging.getLogger("ray.data").setLevel(logging.ERROR)
            processors = int(ray.cluster_resources().get("CPU", 1))
            yield cls(open_encoder, max(1, int(processors / _CPUS)))
        finally:
            ray.shutdown()

    def draft(
        self, files: Sequence[NoteFile], drafter: Drafter
    ) -> Iterator[tuple[Source, Drafted]]:
        """Read and split notes on the workers; none of too few."""
        if len(files) < WORTH_WORKERS:
            return
        task = DraftTask(
            drafter.root.resolve(), drafter.passage_tokens, drafter.max_bytes, drafter.listed_ns
        )
        rows = [{"file": file} for file in files]
        made = self._mapped(rows, DraftingWorker, (self._open_encoder, task), DRAFT_BATCH)
        for batch in made:
            yield from batch["made"]

    def encode(self, texts: Texts) -> Iterator[Mapping[bytes, NDArray[np.float32]]]:
        """Embed texts on the workers; none of too few."""
        if len(texts) < WORTH_WORKERS:
            return
        rows = [
            # As hexadecimal digits: NumPy cuts zeros off the end of bytes.
            {"key": key.hex(), "text": text, "question": asked}
            for asked, some in ((False, texts.passages), (True, texts.questions))
            for key, text in some.items()
        ]
        made = self._mapped(rows, EmbeddingWorker, (self._open_encoder,), EMBED_BATCH)
        for batch in made:
            keys = map(bytes.fromhex, batch["key"])
            yield dict(zip(keys, batch["vector"], strict=True))

    def _mapped(
        self, rows: list[dict[str, Any]], worker: type, given: tuple[object, ...], size: int
    ) -> Iterator[dict[str, Any]]:
        """Yield what the workers make of the rows, batch by batch."""
        if not rows:
            return
        batches = -(-len(rows) // size)
        try:
            made = ray.data.from_items(rows, override_num_blocks=batches).map_batches(
                worker,
                fn_constructor_args=given,
                batch_size=size,
                batch_format="numpy",
                num_cpus=_CPUS,
                concurrency=(1, min(self._most, batches)),
            )
            yield from made.iter_batches(batch_size=None, batch_format="numpy")
        except RayError as error:
            said = " ".join(str(error).split())[-300:]
            raise WorkersError(f"the Ray cluster did not finish: {said}") from error
