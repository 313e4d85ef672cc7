"""What both adapters of Hugging Face models share: finding, opening quietly, fingerprinting."""

import hashlib
import logging
import os
import re
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ModelError

INSTALL = "pip install 'notes-kb[models]' (in a checkout: pip install '.[models]')"

Model = TypeVar("Model")

_HUB_NAME = re.compile(r"(?!\.)[\w.-]+(/[\w.-]+)?")
_CHATTY = ("transformers", "sentence_transformers", "huggingface_hub")


def is_offline() -> bool:
    """Say whether the user forbade the network with ``HF_HUB_OFFLINE``."""
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}


def open_model(name: str, load: Callable[[str, bool], Model], probe: str) -> Model:
    """Open a folder as it is, or a name from the local cache before the network.

    :param load: called with a folder or name, and whether it may use local files only.
    :param probe: a file whose presence in the cache shows that the model was fetched whole.
    :raises ModelError: in one line, if there is no such model or it cannot be opened.
    """
    folder = Path(name).expanduser()
    is_folder = folder.is_dir()
    if not is_folder and not _HUB_NAME.fullmatch(name):
        raise ModelError(f"there is no model folder {name}")
    source = str(folder) if is_folder else name
    with quietly():
        try:
            if not is_folder and not is_offline() and _is_cached(name, probe):
                try:
                    return load(source, True)
                except (OSError, ValueError):
                    pass  # fetched in part only: the network may have the rest
            return load(source, is_folder or is_offline())
        except Exception as exc:
            place = "the folder" if is_folder else "the model"
            raise ModelError(f"cannot open {place} {name}: {_one_line(exc)}") from exc


def _is_cached(name: str, probe: str) -> bool:
    from huggingface_hub import try_to_load_from_cache  # in the extra `models`

    return isinstance(try_to_load_from_cache(name, probe), str)


def _one_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__


@contextmanager
def quietly() -> Generator[None]:
    """Keep the libraries' progress bars and warnings off the terminal while a model opens."""
    from transformers.utils import logging as progress  # in the extra `models`

    had_bar = progress.is_progress_bar_enabled()
    levels = {name: logging.getLogger(name).level for name in _CHATTY}
    progress.disable_progress_bar()
    for name in levels:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        if had_bar:
            progress.enable_progress_bar()


def fingerprint(
    name: str, weights: Iterable[tuple[str, NDArray[np.float32]]], *settings: object
) -> str:
    """Return the model's last name and sixteen digits that change with weights and settings.

    The place of a folder does not count: a copy of it is the same model.
    """
    digest = hashlib.sha256(repr(settings).encode())
    for key, values in weights:
        digest.update(f"{key} {values.shape}".encode())
        digest.update(np.ascontiguousarray(values).data)
    return f"{Path(name).name}-{digest.hexdigest()[:16]}"
