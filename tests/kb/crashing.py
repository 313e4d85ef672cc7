"""Kills a process at a chosen step of its writing, again and again.

``Killer`` talks to one child process that has everything imported and forks for each piece of
work: in the fork every step that makes something last (a commit, a rename, a sync to disk) is
counted, and the chosen one ends it at once, as ``kill -9`` does. Product code knows nothing of it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

DIED = 86


class Killer:
    """Works on notes in processes that die."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kb.crashing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def work(self, root: Path, kind: str, *given: Any, at: int = 0) -> list[str]:
        """Do a piece of work and die before its step number ``at``, from 1; 0 and beyond: live.

        :param kind: one of `WORKS`, which takes ``given``.
        :return: the steps that were taken.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"root": str(root), "kind": kind, "given": given, "at": at}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        steps = answer["steps"]
        expected = DIED if 0 < at <= len(steps) + 1 and answer["status"] == DIED else 0
        assert answer["status"] == expected, f"{kind} ended with {answer['status']}"
        return steps

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _work(order, writing)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            steps = pipe.read().split("\n")[:-1]
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(json.dumps({"steps": steps, "status": status}) + "\n")
        sys.stdout.flush()


def _work(order: dict[str, Any], pipe: int) -> None:
    taken = 0

    def step(name: str) -> None:
        nonlocal taken
        taken += 1
        if taken == order["at"]:
            os._exit(DIED)
        os.write(pipe, f"{name}\n".encode())

    _count_files(step)
    _count_commits(step)
    _count_lexical_commits(step)
    _work_inline()
    WORKS[order["kind"]](Path(order["root"]), *order["given"])


Step = Callable[[str], None]


def _count_files(step: Step) -> None:
    def counted(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def replacement(*given: Any, **named: Any) -> Any:
            step(name)
            return real(*given, **named)

        setattr(owner, name, replacement)

    counted(os, "fsync")
    for name in ("replace", "rename", "unlink", "hardlink_to", "mkdir", "touch"):
        counted(Path, name)


def _count_commits(step: Step) -> None:
    from kb.storage import database

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
            if sql != "COMMIT":
                return super().execute(sql, *given)
            step("commit")
            found = super().execute(sql)
            step("committed")
            return found

    def connect(*given: Any, factory: type[sqlite3.Connection], **named: Any) -> Any:
        plain = factory is sqlite3.Connection
        return sqlite3.connect(*given, factory=Connection if plain else factory, **named)

    parts = {**vars(sqlite3), "connect": connect}
    database.sqlite3 = types.SimpleNamespace(**parts)  # type: ignore[attr-defined]


def _count_lexical_commits(step: Step) -> None:
    from retrieval.lexical import LexicalIndex

    real = LexicalIndex._wait_for_writer

    class Writer:
        def __init__(self, writer: Any) -> None:
            self._writer = writer

        def __getattr__(self, name: str) -> Any:
            return getattr(self._writer, name)

        def commit(self) -> None:
            step("lexical commit")
            self._writer.commit()
            step("lexical committed")

    LexicalIndex._wait_for_writer = lambda self: Writer(real(self))  # type: ignore[method-assign]


def _work_inline() -> None:
    """Do at once what else is done in the background, so that steps come in one order."""
    from kb.indexing import dense_index

    class Inline:
        def __init__(self, target: Callable[[], None], **_named: Any) -> None:
            self.start = target

        def is_alive(self) -> bool:
            return False

        def join(self) -> None:
            pass

    parts = {**vars(threading), "Thread": Inline}
    dense_index.threading = types.SimpleNamespace(**parts)  # type: ignore[attr-defined]


def small_indexes() -> None:
    """Let a few passages be enough for a snapshot and for lists."""
    from kb.indexing import dense_index
    from kb.indexing import update as index_update

    dense_index.SNAPSHOT_FROM = 3
    dense_index.LISTS_FROM = 5
    index_update.BATCH_TEXTS = 4


def opened(root: Path) -> Any:
    """Open a base with the encoder for tests."""
    from kb.config import Settings
    from kb.knowledge import KnowledgeBase
    from kb.models import Models
    from tests.kb.fake_encoder import FakeEncoder

    return KnowledgeBase(Models(Settings(notes=root), encoder=FakeEncoder()))


def _index(root: Path, rebuild: bool = False) -> None:
    base = opened(root)
    base.index(rebuild=rebuild)
    base.settle()
    base.close()


def _add(root: Path, name: str, text: str) -> None:
    opened(root).add_note(name, text)


def _overwrite(root: Path, name: str, text: str) -> None:
    opened(root).add_note(name, text, overwrite=True)


def _add_all(root: Path, *notes: tuple[str, str]) -> None:
    opened(root).editing.add_all(notes, overwrite=True)


def _move(root: Path, path: str, name: str) -> None:
    opened(root).editing.move(path, name)


def _faq(root: Path, note: str, question: str, answer: str) -> None:
    opened(root).curation.write_entry(note, question, answer)


def _chat(root: Path, chat: str, question: str, answer: str) -> None:
    base = opened(root)
    turn = base.history.add_turn(chat, question, {"answer": answer})
    base.history.feedback(turn, "down", "a better one")
    base.close()


WORKS: dict[str, Callable[..., None]] = {
    "index": _index,
    "add": _add,
    "overwrite": _overwrite,
    "add all": _add_all,
    "move": _move,
    "faq": _faq,
    "chat": _chat,
}

if __name__ == "__main__":
    # Imported once, before any fork.
    import kb.curation.curator
    import kb.indexing.passage_index
    import kb.knowledge
    import kb.storage.history  # noqa: F401

    small_indexes()
    _serve()
