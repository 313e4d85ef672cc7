"""Runs that are stopped or killed, and other processes beside them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kb.catalog.catalog import Catalog
from kb.errors import LockedError
from kb.indexing import update as index_update
from kb.indexing.sync import Progress, index_folder
from kb.storage.writer_lock import WriterLock
from tests.kb.fake_encoder import FakeEncoder
from tests.kb.indexing.stored import checked_passages, fresh_state, state, write


def test_run_that_is_stopped_keeps_whole_notes_and_the_next_goes_on(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_update, "BATCH_TEXTS", 3)
    for number in range(10):
        write(root, f"{number}.md", f"# N{number}\n\nOne {number}.\n\n## H\n\nTwo {number}.")

    def stop(progress: Progress) -> None:
        if progress.note == "5.md":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_folder(root, encoder, progress=stop)
    stored = checked_passages(root)
    assert 0 < len(stored) < 10
    assert {len(passages) for passages in stored.values()} == {2}
    index_folder(root, encoder)
    assert len(checked_passages(root)) == 10
    assert max(encoder.passages.values()) == 1


_INDEX = """
import sys, time
from pathlib import Path
from kb.indexing import update as index_update
from kb.indexing.sync import index_folder
from tests.kb.fake_encoder import FakeEncoder

class Slow(FakeEncoder):
    def encode_passages(self, texts):
        time.sleep(float(sys.argv[2]))
        return super().encode_passages(texts)

index_update.BATCH_TEXTS = 4
encoder = Slow()
index_folder(Path(sys.argv[1]), encoder, rebuild="rebuild" in sys.argv, timeout=30,
             progress=lambda p: print(p.stage, flush=True))
print("embedded", encoder.embedded)
"""


def _indexing(root: Path, seconds: float, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _INDEX, str(root), str(seconds), *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(Path.cwd())}
    )


@pytest.mark.parametrize("lines", [2, 15, 40])
@pytest.mark.parametrize("options", [(), ("rebuild",)], ids=["plain", "rebuild"])
def test_killed_run_is_completed_by_the_next_with_every_note_once(
    root: Path, encoder: FakeEncoder, lines: int, options: tuple[str, ...]
) -> None:
    for number in range(40):
        write(root, f"{number}.md", f"# N{number}\n\nOne {number}.\n\n## H?\n\nTwo {number}.")
    if options:
        index_folder(root, encoder)
    with _indexing(root, 0.01, *options) as process:
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    if Catalog(root).path.exists() and Catalog(root).path.stat().st_size:
        assert {len(passages) for passages in checked_passages(root).values()} <= {2}
    index_folder(root, encoder)
    assert len(checked_passages(root)) == 40
    assert state(root, encoder) == fresh_state(root, encoder, root.parent)


def test_second_run_is_told_who_is_indexing(root: Path, encoder: FakeEncoder) -> None:
    with WriterLock(root), pytest.raises(LockedError, match=f"process {os.getpid()}"):
        index_folder(root, encoder)


def test_readers_see_whole_generations_while_another_process_indexes(root: Path) -> None:
    encoder = FakeEncoder()
    for number in range(40):
        write(root, f"{number}.md", f"# N{number}\n\nOne {number}.\n\n## H\n\nTwo {number}.")
    index_folder(root, encoder)
    reader = Catalog.open(root, read_only=True)
    generations: set[int] = set()
    slowest = 0.0
    for number in range(40):
        write(root, f"{number}.md", f"# N{number}\n\nNew {number}.\n\n## H\n\nNewer {number}.")
    with _indexing(root, 0.02) as process:
        while process.poll() is None:
            began = time.monotonic()
            with reader.view() as view:
                generations.add(view.generation())
                ids, vectors = view.vectors()
                passages = view.passages_by_id(ids.tolist())
                assert (len(passages), len(vectors), view.totals().notes) == (80, 80, 40)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.005)
    assert process.returncode == 0
    assert len(generations) > 3
    assert slowest < 5


def test_two_runs_at_once_do_the_work_once(root: Path) -> None:
    for number in range(20):
        write(root, f"{number}.md", f"# N{number}\n\nText {number}.")
    with _indexing(root, 0.01) as one, _indexing(root, 0.01) as two:
        outputs = [process.communicate()[0] for process in (one, two)]
    assert sorted(int(output.split()[-1]) for output in outputs) == [0, 20]
