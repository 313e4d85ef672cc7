"""Indexing with a Ray of this machine: the same catalogue, taken up, workers that die."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from kb.config import Settings
from kb.distributed import ray_workers
from kb.distributed.opening import open_workers
from kb.distributed.ray_workers import RayWorkers
from kb.errors import WorkersError
from kb.indexing.sync import index_folder
from tests.cluster.mortal_encoder import MortalEncoder
from tests.kb.catalogued import held, write_notes
from tests.kb.fake_encoder import FakeEncoder

NOTES = 60

pytestmark = [
    # Ray leaves pipes and sockets to the end of its processes.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.timeout(280),
]


@pytest.fixture(scope="module")
def connect() -> Iterator[Callable[[Callable[[], FakeEncoder]], RayWorkers]]:
    with RayWorkers.connected("local", FakeEncoder) as workers:
        assert workers._most > 1
        # One worker in each pool: each is a process that takes seconds to start.
        yield lambda open_encoder: RayWorkers(open_encoder, 1)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "notes"
    write_notes(folder, NOTES)
    monkeypatch.setattr(ray_workers, "WORTH_WORKERS", 1)
    return folder


def test_workers_make_the_catalogue_that_one_process_makes(
    root: Path, tmp_path: Path, connect: Callable[[Callable[[], FakeEncoder]], RayWorkers]
) -> None:
    own = FakeEncoder()
    report = index_folder(root, own, workers=connect(FakeEncoder))
    assert own.embedded == 0
    assert [skipped.path for skipped in report.skipped] == ["bad.md"]
    made = held(root)
    (root / ".kb").rename(tmp_path / "kept")
    alone = index_folder(root, own)
    assert held(root) == made
    assert (report.added, report.embedded) == (alone.added, alone.embedded)


def test_worker_that_is_killed_is_replaced_and_nothing_is_lost(
    root: Path, tmp_path: Path, connect: Callable[[Callable[[], FakeEncoder]], RayWorkers]
) -> None:
    mark = tmp_path / "killed"
    own = FakeEncoder()
    index_folder(root, own, workers=connect(partial(MortalEncoder, mark)))
    assert mark.exists()
    assert own.embedded == 0
    made = held(root)
    (root / ".kb").rename(tmp_path / "kept")
    index_folder(root, own)
    assert held(root) == made


def test_cluster_that_is_not_there_is_named(root: Path) -> None:
    with (
        pytest.raises(WorkersError, match="the Ray cluster nowhere"),
        open_workers("nowhere", Settings.load(root)),
    ):
        pass
