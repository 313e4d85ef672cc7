from __future__ import annotations

import queue
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from watchfiles import Change

from kb.indexing.watching import changes, concerns

PATIENCE = 30.0


class Watch:
    """A watch in a thread, as the server has it."""

    def __init__(self, root: Path) -> None:
        self.stop = threading.Event()
        self._told: queue.Queue[None] = queue.Queue()
        self._root = root
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.wait()  # it is ready

    def _run(self) -> None:
        for _ in changes(self._root, self.stop, settle_ms=50, look_ms=200):
            self._told.put(None)

    def wait(self) -> None:
        self._told.get(timeout=PATIENCE)

    def end(self) -> None:
        self.stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Path, Watch]]:
    root = tmp_path / "notes"
    root.mkdir()
    (root / "a.md").write_text("one")
    watch = Watch(root)
    yield root, watch
    watch.end()


def test_watch_tells_of_every_way_to_save(watched: tuple[Path, Watch]) -> None:
    root, watch = watched
    (root / "a.md").write_text("two")
    watch.wait()
    # As vim and most others do: a new file takes the place of the old one.
    (root / "a.md~").write_text("three")
    (root / "a.md~").replace(root / "a.md")
    watch.wait()
    (root / "new" / "deep").mkdir(parents=True)
    (root / "new" / "deep" / "b.md").write_text("b")
    watch.wait()
    shutil.rmtree(root / "new")
    watch.wait()


def test_watch_finds_a_folder_that_was_away(watched: tuple[Path, Watch]) -> None:
    root, watch = watched
    away = root.with_name("away")
    root.rename(away)
    while not watch._told.empty():  # pyright: ignore[reportPrivateUsage]
        watch.wait()
    away.rename(root)
    watch.wait()
    (root / "a.md").write_text("back")
    watch.wait()


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("a.md", True),
        ("folder/笔记.md", True),
        ("folder", True),
        (".kb/index.db-wal", False),
        ("folder/.a.md.swp", False),
        ("a.md~", False),
        ("#a.md#", False),
        (".obsidian/workspace.json", False),
        ("a.md.tmp", False),
        (".kb-0123456789abcdef.tmp", False),
        ("download.md.crdownload", False),
        (".git/HEAD", False),
        (r"windows\.kb\index.db", False),
    ],
)
def test_only_what_may_be_a_note_counts(tmp_path: Path, path: str, counts: bool) -> None:
    assert concerns(tmp_path)(Change.modified, str(tmp_path / path)) is counts
