"""Vectors on disk: written once, mapped into memory, never changed.

A folder holds the ids in ascending order, the vectors in half precision, inverted lists over them
where they were trained, and a stamp, written last, that names these files and the generation of the
catalogue that they reflect. All can be made again from the catalogue; nothing is lost with it.
"""

import json
import os
import secrets
import zlib
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval import vector_lists
from retrieval.errors import IndexDamaged, RetrievalError

_LAYOUT = 1
_STAMP = "stamp.json"
# Up to so many allowed vectors are compared one by one: exact, and as fast as the lists.
EXACT = 50_000
# The lists offer so many times what is asked for; the exact vectors choose from it.
_SPARE = 2
# Files up to this size are checked byte by byte when opened, larger ones at both ends.
_CHECKED_BYTES = 64 * 1024 * 1024
_ENDS_BYTES = 1024 * 1024
# Where a flat file of FAISS holds the number of its vectors.
_COUNT_AT = 8
_untyped: Any = faiss

Pieces = Iterable[tuple[NDArray[np.int64], NDArray[np.float16]]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The vectors of one generation; rows number them from 0 in the order of their ids."""

    generation: int
    name: str
    ids: NDArray[np.int64]
    flat: Any
    lists: Any | None
    state: str = ""
    """The name of the generation, which tells it from one of the same number."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def vectors(self) -> NDArray[np.float16]:
        """All vectors, shape ``(n, dimension)``, as they lie on disk; the snapshot must be kept."""
        codes = faiss.rev_swig_ptr(self.flat.codes.data(), self.flat.codes.size())
        return codes.view(np.float16).reshape(len(self), self.flat.d)

    def rows(self, ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the row of each id and whether it is there; rows of others mean nothing."""
        if len(self) == 0:
            return np.zeros(len(ids), np.int64), np.zeros(len(ids), np.bool_)
        rows = np.minimum(np.searchsorted(self.ids, ids), len(self) - 1)
        return rows, self.ids[rows] == ids

    def search(
        self, query: NDArray[np.float32], k: int, chosen: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the ids of up to ``k`` vectors nearest to a unit vector, and their cosines.

        :param chosen: which rows to choose from, shape ``(n,)``; all if None.
        """
        count = len(self) if chosen is None else int(np.count_nonzero(chosen))
        if min(k, count) <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        faiss.omp_set_num_threads(1)  # holds for the thread that calls
        # The selector only borrows its bits.
        bits = None if chosen is None else np.packbits(chosen, bitorder="little")
        selector = None if bits is None else _untyped.IDSelectorBitmap(bits)
        if self.lists is None or (chosen is not None and count <= EXACT):
            parameters = None if selector is None else _untyped.SearchParameters(sel=selector)
            scores, found = self.flat.search(query[None], min(k, count), params=parameters)
            real = found[0] >= 0  # not a number: not found
            return self.ids[found[0][real]], scores[0][real]
        rows = vector_lists.search(self.lists, query, _SPARE * k, selector, count / len(self))
        cosines = self.cosines(query, rows)
        best = np.argsort(-cosines, kind="stable")[:k]
        return self.ids[rows[best]], cosines[best]

    def cosines(self, query: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the exact cosine of a unit vector with each row, shape ``(len(rows),)``."""
        if len(rows) == 0:
            return np.empty(0, np.float32)
        return self.flat.reconstruct_batch(rows) @ query


def sweep(folder: Path) -> None:
    """Remove what a killed writer left beside the snapshot, unless another writes right now."""
    with suppress(RetrievalError, OSError, LookupError):
        names = {path.name.partition(".")[0] for path in folder.iterdir()} - {"stamp"}
        if len(names) > 1 or any(path.suffix == ".partial" for path in folder.iterdir()):
            with writing(folder):
                _drop_others(folder, _read_stamp(folder)["name"])


@contextmanager
def writing(folder: Path) -> Generator[None]:
    """Be the only one who writes there, in any process; does not wait.

    :raises RetrievalError: if another does, or the disk refuses.
    """
    import filelock  # only needed where something is written

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{folder}.lock", timeout=0):
            yield
    except filelock.Timeout as exc:
        raise RetrievalError(f"another process is writing the vectors in {folder}") from exc
    except OSError as exc:
        raise RetrievalError(f"cannot write the vectors in {folder}: {exc}") from exc


def write(
    folder: Path, pieces: Pieces, dimension: int, generation: int, form: str, state: str = ""
) -> None:
    """Write a snapshot without lists in place of what is there, whole or not at all.

    For who holds `writing`, as `add_lists` too.

    :param pieces: ascending ids and their vectors of unit length, shape ``(n, dimension)``.
    :param form: what the vectors are; a snapshot of another form is never opened.
    :raises RetrievalError: if the disk refuses.
    """
    with _refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)
        name = secrets.token_hex(8)
        header = _flat_header(dimension)
        count = 0
        with _file(folder, f"{name}.flat") as flat, _file(folder, f"{name}.ids") as numbers:
            flat.write(header)
            for ids, vectors in pieces:
                count += len(ids)
                numbers.write(ids.astype("<i8").tobytes())
                flat.write(np.ascontiguousarray(vectors, "<f2").tobytes())
            # The header tells the number twice: of vectors, and of bytes that follow.
            flat.seek(_COUNT_AT)
            flat.write(count.to_bytes(8, "little"))
            flat.seek(len(header) - 8)
            flat.write((count * dimension * 2).to_bytes(8, "little"))
        _stamp(folder, name, ["ids", "flat"], dimension, generation, form, state)


def add_lists(folder: Path, snapshot: Snapshot, index: Any) -> None:  # noqa: ANN401  faiss has no types
    """Put lists beside a snapshot, unless another one took its place.

    :raises RetrievalError: if the disk refuses.
    """
    with _refusals(folder):
        stamp = _read_stamp(folder)
        if stamp["name"] != snapshot.name:
            return
        with _file(folder, f"{snapshot.name}.lists") as file:
            _untyped.write_index(index, _untyped.PyCallbackIOWriter(file.write))
        names = ["ids", "flat", "lists"]
        made_of = stamp["generation"], stamp["form"], stamp.get("state", "")
        _stamp(folder, snapshot.name, names, snapshot.flat.d, *made_of)


def read(folder: Path, form: str) -> Snapshot:
    """Open the newest snapshot.

    :raises IndexDamaged: if there is none, or it is damaged or of another form.
    """
    try:
        stamp = _read_stamp(folder)
        if stamp["form"] != form:
            raise IndexDamaged(f"the vectors in {folder} are of {stamp['form']}, not {form}")
        name, files = stamp["name"], stamp["files"]
        for part, expected in files.items():
            if _fingerprint(folder / f"{name}.{part}") != expected:
                raise IndexDamaged(f"{folder / name}.{part} is damaged")
        ids = np.fromfile(folder / f"{name}.ids", "<i8").astype(np.int64, copy=False)
        flat = _mapped(folder / f"{name}.flat")
        lists = _mapped(folder / f"{name}.lists") if "lists" in files else None
        if not len(ids) == flat.ntotal == (len(ids) if lists is None else lists.ntotal):
            raise IndexDamaged(f"the files of {folder / name} do not fit together")
        state = str(stamp.get("state", ""))
        return Snapshot(stamp["generation"], name, ids, flat, lists, state)
    except (OSError, ValueError, LookupError, TypeError, RuntimeError) as exc:
        raise IndexDamaged(f"no vectors can be read from {folder}: {exc}") from exc


def _mapped(path: Path) -> Any:  # noqa: ANN401  faiss has no types
    return _untyped.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)


def _flat_header(dimension: int) -> bytes:
    """Return what stands before the vectors in FAISS's own file of them."""
    empty = _untyped.IndexScalarQuantizer(
        dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    return faiss.serialize_index(empty).tobytes()


def _fingerprint(path: Path) -> list[int]:
    """Return the size of a file and the checksum of what is checked of it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= _CHECKED_BYTES:
            return [size, zlib.crc32(file.read())]
        first = zlib.crc32(file.read(_ENDS_BYTES))
        file.seek(-_ENDS_BYTES, os.SEEK_END)
        return [size, zlib.crc32(file.read(_ENDS_BYTES), first)]


def _read_stamp(folder: Path) -> dict[str, Any]:
    try:
        stamp = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        layout = stamp["layout"]
    except (OSError, ValueError, LookupError, TypeError) as exc:
        raise IndexDamaged(f"no vectors in {folder}: {exc}") from exc
    if layout != _LAYOUT:
        raise IndexDamaged(f"the vectors in {folder} were written by another version")
    return stamp


def _stamp(
    folder: Path,
    name: str,
    parts: list[str],
    dimension: int,
    generation: int,
    form: str,
    state: str,
) -> None:
    """Make files the snapshot of the folder, and drop those of others."""
    files = {part: _fingerprint(folder / f"{name}.{part}") for part in parts}
    stamp = {
        "layout": _LAYOUT,
        "name": name,
        "generation": generation,
        "state": state,
        "dimension": dimension,
        "form": form,
        "files": files,
    }
    with _file(folder, _STAMP) as file:
        file.write(json.dumps(stamp).encode())
    _drop_others(folder, name)


def _drop_others(folder: Path, name: str) -> None:
    for old in folder.iterdir():
        if old.name != _STAMP and not old.name.startswith(f"{name}."):
            # Elsewhere than on Windows whoever has it open keeps it.
            with suppress(OSError):
                old.unlink()


@contextmanager
def _file(folder: Path, name: str) -> Generator[BinaryIO]:
    """Write a file that is there as a whole, and on the disk, or not at all."""
    partial = folder / f"{name}.partial"
    with partial.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / name)


@contextmanager
def _refusals(folder: Path) -> Generator[None]:
    try:
        yield
    except (OSError, RuntimeError) as exc:
        raise RetrievalError(f"cannot write the vectors in {folder}: {exc}") from exc
