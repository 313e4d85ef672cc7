"""A connection to Milvus, its collections made if they are missing, its errors told as ours."""

# pyright: reportMissingImports=false

from __future__ import annotations

import logging
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from kb.errors import StoreError
from kb.store.milvus import names, schema

TIMEOUT_SECONDS = 30.0
# The first with BM25 functions; Milvus Lite counts its versions by itself.
LEAST_VERSION = (2, 5)
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Connection:
    """A client of one cluster or file.

    :param address: as the settings name it, for messages.
    :param passages: name of the collection of passages.
    """

    client: MilvusClient
    address: str
    passages: str

    @classmethod
    def open(cls, address: str, token: str, dimension: int) -> Connection:
        """Connect, and see that the collections are there.

        :param address: ``http(s)://HOST:PORT``, or a file of Milvus Lite that ends in ``.db``.
        :param dimension: length of the vectors.
        :raises StoreError: if it cannot be reached or is too old.
        """
        # What goes wrong is told once, by us; pymilvus would log every call with its traceback.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
        logging.getLogger("milvus_lite").setLevel(logging.CRITICAL)
        if "://" not in address:
            _check_file(Path(address))
        with told(address):
            client = MilvusClient(uri=address, token=token, timeout=TIMEOUT_SECONDS)
            _check_version(client, address)
            _make_collections(client, dimension)
        return cls(client, address, names.passages_of(dimension))

    @contextmanager
    def told(self) -> Generator[MilvusClient]:
        """Give the client, and turn what it raises into an error of ours."""
        with told(self.address):
            yield self.client

    def close(self) -> None:
        """Close the connection; a Milvus Lite of this process goes on until it ends."""
        with suppress(MilvusException):
            self.client.close()


@contextmanager
def told(address: str) -> Generator[None]:
    """Turn an error of Milvus into one of ours, in one line.

    :raises StoreError: naming the address and what Milvus said.
    """
    try:
        yield
    except MilvusException as error:
        said = " ".join(str(error.message or error).split())
        raise StoreError(f"the store {address} cannot be used: {said[:300]}") from error


def _check_file(path: Path) -> None:
    if path.suffix != ".db":
        raise StoreError(
            f"the store {path} is neither an address (http://HOST:19530) nor a Milvus Lite file"
            " (its name ends in .db)"
        )
    if not path.parent.is_dir():
        raise StoreError(f"the store {path} cannot be made: there is no folder {path.parent}")


def _check_version(client: MilvusClient, address: str) -> None:
    version = str(client.get_server_version())
    found = _VERSION.search(version)
    if "lite" in version or found is None:
        return
    if tuple(map(int, found.groups())) < LEAST_VERSION:
        least = ".".join(map(str, LEAST_VERSION))
        raise StoreError(f"the store {address} is Milvus {version}: {least} or newer is needed")


def _make_collections(client: MilvusClient, dimension: int) -> None:
    if not client.has_collection(names.BASES):
        client.create_collection(
            names.BASES,
            schema=schema.bases_schema(),
            index_params=schema.bases_index(),
            consistency_level="Strong",
        )
    passages = names.passages_of(dimension)
    if not client.has_collection(passages):
        client.create_collection(
            passages,
            schema=schema.passages_schema(dimension),
            index_params=schema.passages_index(),
            consistency_level="Bounded",
            num_partitions=names.PARTITIONS,
        )
    for name in (names.BASES, passages):
        client.load_collection(name)
