"""Open ONNX Runtime sessions the one way we use them, and run the shared word table."""

import functools
import os
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ModelError
from retrieval.manifest import Manifest, read_manifest

# From 1.32 on it reports to its maker: it writes an identifier into ~/.cache and opens sockets a
# few seconds later. It heeds only this, and only if it is set before the import; after it,
# `disable_telemetry_events` changes nothing (seen with strace). So nothing else may import it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

MODEL_FOLDER = Path(__file__).parent / "model"


def open_session(path: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """Open a model on the CPU.

    :param threads: how many it may use; 0: one for every core we may run on.
    :raises ModelError: if the file is no model that this ONNX Runtime can run.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
    options.log_severity_level = 3
    # Waiting threads sleep: a server that is not asked anything uses no processor.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Inputs differ in shape at every call, and an arena would keep the largest for good.
    options.enable_cpu_mem_arena = False
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # onnxruntime raises classes of its own, without a common base
        raise ModelError(f"cannot open the model {path}: {exc}") from exc


def run(
    session: onnxruntime.InferenceSession, output: str, inputs: dict[str, Any]
) -> NDArray[np.float32]:
    """Run a model and return one of its outputs."""
    return cast("NDArray[np.float32]", session.run([output], inputs)[0])


class WordTable:
    """The word embeddings that encoder and reader share."""

    def __init__(self, manifest: Manifest) -> None:
        """Open the table of a model folder."""
        self._session = open_session(manifest.path("words.onnx"), threads=1)

    def look_up(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the embeddings of token ids, shape ``(rows, tokens)`` → ``(…, width)``."""
        return run(self._session, "words", {"ids": ids})


@functools.cache
def shared_words(folder: Path = MODEL_FOLDER) -> WordTable:
    """Return the table of a model folder, opened once a process."""
    return WordTable(read_manifest(folder))


def pad(rows: list[list[int]], padding: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return ids and mask, both ``(rows, longest)``; the mask is 1 for a token."""
    longest = max(len(row) for row in rows)
    ids = np.full((len(rows), longest), padding, np.int64)
    mask = np.zeros((len(rows), longest), np.int32)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return ids, mask
