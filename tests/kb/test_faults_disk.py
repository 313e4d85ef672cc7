"""A full disk, lost permissions, a clock that goes back, another writer: nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from kb.catalog import schema
from kb.catalog.catalog import Catalog
from kb.errors import CatalogError, HistoryError, KbError, VaultError
from kb.indexing.sync import Progress
from kb.knowledge import KnowledgeBase
from kb.notes.journal import Journal
from kb.storage import database
from kb.storage.text import sha256_hex
from kb.trust.receipts import Receipt, append_receipt, read_receipts
from retrieval.errors import RetrievalError
from retrieval.lexical import LexicalIndex
from tests.kb.faults import finds_everything, open_base, write_notes
from tests.permissions import unprivileged

Writes = Callable[[KnowledgeBase], object]
RECEIPT = Receipt(
    question="q" * 3000, answer="a", confidence=1.0, note="0.md", start=0, end=1, quote="a",
    quote_start=0, before="", after="", note_hash="", quote_hash=sha256_hex("a"), reader="",
    encoder="", generation=1, asked_at="",
)  # fmt: skip


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 600 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=600k", "none", str(disk)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root mounts a disk; another user's is tested in a namespace below")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Fill a disk to the last byte."""
    ballast = disk / "ballast.bin"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 512)
    assert shutil.disk_usage(disk).free == 0
    return ballast


WRITES: dict[str, Writes] = {
    "index": lambda base: base.index(rebuild=True),
    "note": lambda base: base.add_note("new", "# New\n\n" + "word " * 9000),
    "replace": lambda base: base.add_note("0", "# New\n\n" + "word " * 9000, overwrite=True),
    "chat": lambda base: base.history.new_chat("A chat"),
    "turn": lambda base: base.history.add_turn("c", "q" * 9000, {"answer": None}),
    "gate": lambda base: base.index_gated(rebuild=True),
    "receipt": lambda base: append_receipt(base.root / "receipts.jsonl", RECEIPT),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_full_disk_is_named_and_costs_nothing(small_disk: Path, write: Writes) -> None:
    write_notes(small_disk)
    (small_disk / "golden.md").write_text("- What colour is it? shade0\n")
    append_receipt(small_disk / "receipts.jsonl", RECEIPT)
    with closing(open_base(small_disk)) as base:
        base.index()
        base.history.add_turn("c", "before", {"answer": None})
        before = {path.name: path.read_bytes() for path in small_disk.glob("*.md")}
        ballast = fill(small_disk)
        with pytest.raises(KbError, match=r"(?i)disk is full|no space left"):
            write(base)
        assert [hit.citation.note for hit in base.search("shade1", 1)] == ["1.md"]
        ballast.unlink()
        assert {path.name: path.read_bytes() for path in small_disk.glob("*.md")} == before
        assert [turn.question for turn in base.history.turns("c")] == ["before"]
        assert read_receipts(small_disk / "receipts.jsonl") == [RECEIPT]
        write(base)
        base.index()
    with Catalog(small_disk).view() as view:
        assert view.check() == []


def test_full_disk_without_a_lexical_index_says_so_or_answers(small_disk: Path) -> None:
    write_notes(small_disk)
    with closing(open_base(small_disk)) as base:
        base.index()
    shutil.rmtree(small_disk / ".kb" / "lexical")
    ballast = fill(small_disk)
    with closing(open_base(small_disk)) as base, suppress(KbError, RetrievalError):
        assert base.search("shade1", 1)[0].citation.note == "1.md"
    ballast.unlink()
    finds_everything(small_disk)


def test_read_only_disk_answers_from_what_is_there_and_names_what_it_cannot(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_given: object) -> None:
        raise RetrievalError("as if killed before the words were indexed")

    write_notes(small_disk)
    with closing(open_base(small_disk)) as base:
        base.index()
    write_notes(small_disk, 6)
    with monkeypatch.context() as patch, closing(open_base(small_disk)) as base:
        patch.setattr(LexicalIndex, "update", killed)
        base.index()
    Journal(small_disk).write([])  # of a change that was cut off
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with closing(open_base(small_disk)) as base:
        assert base.search("shade1 room 1", 1)[0].citation.note == "1.md"
        for write in (base.index, lambda: base.add_note("new", "New")):
            with pytest.raises(KbError, match="Read-only file system"):
                write()
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    with closing(open_base(small_disk)) as base:
        base.index()
    finds_everything(small_disk, 6)
    assert not Journal(small_disk).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root has run them as they are")
def test_full_disk_of_another_user() -> None:
    """In a namespace of one's own one is root, and mounts are seen by nobody else."""
    namespace = ["unshare", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody make namespaces")
    command = [
        *namespace,
        sys.executable,
        "-m",
        "pytest",
        "-q",
        __file__,
        "-k",
        "full_disk or only_disk",
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    assert f"{len(WRITES) + 2} passed, 1 skipped" in run.stdout, run.stdout  # this one there


def test_permission_lost_while_indexing_is_named_and_costs_nothing(tmp_path: Path) -> None:
    write_notes(tmp_path)
    with closing(open_base(tmp_path)) as base:
        base.index()
    write_notes(tmp_path, 6)
    data = tmp_path / ".kb"

    def take_away(_progress: Progress) -> None:
        for path in (data, *data.iterdir()):
            path.chmod(0o500 if path.is_dir() else 0o400)

    def work() -> None:
        with closing(open_base(tmp_path)) as base:
            # Files that are open already can be written on; those that are not are named.
            with suppress(CatalogError, RetrievalError):
                base.index(progress=take_away)
            with pytest.raises(HistoryError, match=r"read-only|permission|cannot be"):
                base.history.new_chat("x")
        with closing(open_base(tmp_path)) as base:
            with pytest.raises(CatalogError, match=r"read-only|ermission|cannot be"):
                base.index(rebuild=True)
            assert base.search("shade1", 1)[0].citation.note == "1.md"

    unprivileged(work)
    for path in (data, *data.iterdir()):
        path.chmod(0o700)
    with closing(open_base(tmp_path)) as base:
        base.index()
    finds_everything(tmp_path, 6)


def test_note_that_may_not_be_replaced_keeps_its_text(tmp_path: Path) -> None:
    write_notes(tmp_path)
    with closing(open_base(tmp_path)) as base:
        base.index()
        tmp_path.chmod(0o500)

        def work() -> None:
            with pytest.raises(VaultError, match=r"cannot be written: Permission denied"):
                base.add_note("0", "# Other", overwrite=True)

        unprivileged(work)
        tmp_path.chmod(0o700)
    finds_everything(tmp_path)


@pytest.mark.parametrize("back_ns", [10**9, 10**18], ids=["a second", "decades"])
def test_clock_set_back_and_the_catalogue_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back_ns: int
) -> None:
    write_notes(tmp_path, 2)
    with closing(open_base(tmp_path)) as base:
        base.index()
        (tmp_path / "1.md").write_text("# Note 1\n\nThe colour of room 1 is other.\n")
        base.index()
    for file in (tmp_path / ".kb").glob("index.db*"):
        file.unlink()
    real = schema.time.time_ns
    monkeypatch.setattr(schema.time, "time_ns", lambda: real() - back_ns)
    write_notes(tmp_path, 3)
    with closing(open_base(tmp_path)) as base:
        assert base.index().added == 3
    finds_everything(tmp_path)


def test_notes_from_the_future_are_indexed_and_their_changes_seen(tmp_path: Path) -> None:
    write_notes(tmp_path)
    ahead = 4_000_000_000
    os.utime(tmp_path / "0.md", (ahead, ahead))
    with closing(open_base(tmp_path)) as base:
        base.index()
        (tmp_path / "0.md").write_text("# Note 0\n\nThe colour of room 0 is shade9.\n")
        os.utime(tmp_path / "0.md", (ahead, ahead))
        assert base.index().changed == 1


def test_another_writer_is_named_and_readers_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    write_notes(tmp_path)
    with closing(open_base(tmp_path)) as base:
        base.index()
        chat = base.history.new_chat("x")
        write_notes(tmp_path, 4)
        for name, write, failure in (
            ("index.db", base.index, CatalogError),
            ("history.db", lambda: base.history.add_turn(chat, "q", {}), HistoryError),
        ):
            other = sqlite3.connect(tmp_path / ".kb" / name, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(failure, match="another process has been writing"):
                write()
            assert base.search("shade1", 1)[0].citation.note == "1.md"
            assert base.history.chats()
            other.close()
            write()
        assert [turn.question for turn in base.history.turns(chat)] == ["q"]
    finds_everything(tmp_path, 4)
