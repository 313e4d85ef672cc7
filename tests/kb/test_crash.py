"""Killed at any step of any writing, a base holds what it held or what it was to hold."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from benchmarks.crash import run
from kb.catalog.catalog import Catalog
from kb.catalog.rows import embed_text
from kb.indexing import dense_index
from kb.indexing import update as index_update
from kb.indexing.passage_index import PassageIndex
from kb.notes.vault import scan
from tests.kb.crashing import Killer, opened
from tests.kb.fake_encoder import FakeEncoder

WORDS = ("first", "second", "head", "title", "zebra", "段", "为什么")


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with closing(Killer()) as found:
        yield found


@pytest.fixture(autouse=True)
def small_indexes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few passages be enough for a snapshot and for lists."""
    monkeypatch.setattr(dense_index, "SNAPSHOT_FROM", 3)
    monkeypatch.setattr(dense_index, "LISTS_FROM", 5)
    monkeypatch.setattr(index_update, "BATCH_TEXTS", 4)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(6):
        _write(
            folder, f"{number}.md", f"# Title {number}\n\nFirst {number}.\n\n## Why?\n\n第二段。"
        )
    return folder


def _write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def notes(root: Path) -> dict[str, str]:
    return {file.path: (root / file.path).read_text(encoding="utf-8") for file in scan(root).files}


def integrity(root: Path) -> None:
    """Check both databases as they were left."""
    if Catalog(root).path.exists():
        with closing(sqlite3.connect(Catalog(root).path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    history = root / ".kb" / "history.db"
    if history.exists():
        with closing(sqlite3.connect(history)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def everything(root: Path) -> dict[str, Any]:
    """All that can be found in a base and all that is stored of it, without ids."""
    encoder = FakeEncoder()
    with closing(Catalog(root)) as catalog, closing(PassageIndex(catalog, encoder)) as index:
        index.settle()
        with catalog.view() as view:
            assert view.check() == []
            ids, stored = view.vectors()
            passages = view.passages_by_id(ids.tolist())
            assert len(passages) == len(ids) == len(set(ids.tolist()))
            questions, vectors = view.questions()
            place = {id_: (p.note, p.ordinal) for id_, p in passages.items()}
            state: dict[str, Any] = {
                "notes": [(n.path, n.title, n.tags, n.passages) for n in view.notes()],
                "passages": {
                    place[id_]: (p.heading, p.text, p.start, p.end, p.map_bytes)
                    for id_, p in passages.items()
                },
                "questions": sorted(
                    (q.note, q.question, q.answer or "", q.start, row.tobytes())
                    for q, row in zip(questions, vectors, strict=True)
                ),
                "vectors kept": view._rows("SELECT count(*) FROM vectors")[0][0],
            }
        # Every vector is searchable, once, and is that of the passage's own text.
        dense = index._dense.vectors
        assert len(dense) == len(ids)
        for id_, row in zip(ids.tolist(), stored, strict=True):
            p = passages[id_]
            own = encoder._encode([embed_text(p.title, p.heading, p.text)])[0]
            np.testing.assert_array_equal(row, own.astype(np.float16))
            assert dense.scores(own, np.array([id_]))[0] == pytest.approx(1, abs=5e-3)
        found = [id_ for id_, _ in dense.search(np.ones(32, np.float32) / 32**0.5, 1000)]
        assert sorted(found) == sorted(ids.tolist())
        # So is every word.
        assert len(index._lexical) == len(ids)
        for word in WORDS:
            hits = [id_ for id_, _ in index._lexical.search(word, 1000)]
            assert len(hits) == len(set(hits))
            state[f"word {word}"] = sorted(place[id_] for id_ in hits)
    return state


def fresh(root: Path, base: Path) -> dict[str, Any]:
    """The same of a base made of the same notes for the first time."""
    copy = base / f"fresh-{time.time_ns()}"
    copy.mkdir()
    for path, text in notes(root).items():
        _write(copy, path, text)
    with closing(opened(copy)) as again:
        again.index()
    return everything(copy)


def leftovers(root: Path) -> list[str]:
    """Files that belong to nothing: half-written notes, and snapshots that no stamp names."""
    half = [path.name for path in root.rglob(".kb-*.tmp")]
    kept = root / ".kb" / "lexical.damaged"  # what could not be read is put aside, not removed
    parts = (root / ".kb").rglob("*.partial")
    half += [path.name for path in parts if not path.is_relative_to(kept)]
    snapshots = {path.stem for path in (root / ".kb" / "vectors").glob("*.*")} - {"stamp"}
    return half + sorted(snapshots)[1:]


def recovered(root: Path) -> dict[str, Any]:
    """Start again a while after a death and look at everything."""
    integrity(root)
    for path in root.rglob(".kb-*.tmp"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    with closing(opened(root)) as base:
        base.index()
        base.settle()
    assert leftovers(root) == []
    return everything(root)


def _prepared(root: Path, case: str) -> tuple[str, tuple[Any, ...]]:
    """Bring a base to where a piece of work begins."""
    if case == "first index":
        return "index", ()
    with closing(opened(root)) as base:
        base.index()
        base.settle()
    if case == "later index":
        _write(root, "0.md", "# Title 0\n\nZebra.\n")
        (root / "1.md").unlink()
        (root / "2.md").rename(root / "sub.md")
        _write(root, "new/7.md", "# Title 7\n\nFirst again.\n\n## Head\n\nSecond.")
        return "index", ()
    if case == "rebuild":
        return "index", (True,)
    raise AssertionError(case)


@pytest.mark.parametrize("case", ["first index", "later index", "rebuild"])
def test_index_killed_at_many_steps_is_completed_by_the_next(
    tmp_path: Path, root: Path, killer: Killer, case: str
) -> None:
    steps: list[str] = []
    at = 0
    expected: dict[str, Any] | None = None
    while not steps or at <= len(steps):
        copy = tmp_path / f"{at}" / "notes"
        _copy(root, copy)
        kind, given = _prepared(copy, case)
        taken = killer.work(copy, kind, *given, at=at)
        steps = steps or taken  # the first time, at 0, it lives
        expected = expected or fresh(copy, tmp_path)
        assert recovered(copy) == expected, f"died before step {at}: {steps[at - 1]}"
        at += 3
    assert {"committed", "lexical committed"} <= set(steps)


def _copy(root: Path, target: Path) -> None:
    for path, text in notes(root).items():
        _write(target, path, text)


@pytest.mark.parametrize(
    ("kind", "given", "path"),
    [
        ("add", ("new.md", "# New\n\nZebra."), "new.md"),
        ("add", ("sub/deep/new.md", "# New\n\nZebra."), "sub/deep/new.md"),
        ("overwrite", ("0.md", "# New\n\nZebra."), "0.md"),
        ("faq", ("faq.md", "Which zebra?", "The second."), "faq.md"),
        ("faq", ("1.md", "Which zebra?", "The second."), "1.md"),
    ],
    ids=["add", "add below", "overwrite", "first entry", "another entry"],
)
def test_note_killed_at_any_step_is_there_whole_or_not_at_all(
    tmp_path: Path, root: Path, killer: Killer, kind: str, given: tuple[str, ...], path: str
) -> None:
    before = notes(root)
    done = tmp_path / "done" / "notes"
    _copy(root, done)
    steps = killer.work(done, kind, *given)
    after = notes(done)
    assert after != before
    seen: list[bool] = []
    for at in range(1, len(steps) + 2):
        copy = tmp_path / f"{at}" / "notes"
        _copy(root, copy)
        killer.work(copy, kind, *given, at=at)
        assert notes(copy) in (before, after)
        seen.append(path in notes(copy) and notes(copy)[path] == after[path])
        state = recovered(copy)
        assert [note[0] for note in state["notes"]] == sorted(notes(copy))
    # Once it is there, it stays: of two deaths the later never holds less.
    assert seen == sorted(seen)
    assert seen[-1]


SEVERAL = pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("add all", (("new.md", "# New"), ("0.md", "# Zebra"), ("sub/last.md", "# Last"))),
        (
            "add all",
            (("0.md", "# Zebra"), ("1.md", "# Title 1\n\nFirst 1.\n\n## Why?\n\n第二段。")),
        ),
        ("move", ("0.md", "sub/moved.md")),
    ],
    ids=["add all", "add one that is the same", "move"],
)


def _linked(root: Path) -> None:
    """Make notes link to the one that is moved, and index all."""
    for number in (3, 4):
        _write(root, f"{number}.md", f"# Title {number}\n\nSee [[0]] and [it](0.md).")
    with closing(opened(root)) as base:
        base.index()


@SEVERAL
def test_several_notes_killed_at_any_step_are_changed_all_or_none(
    tmp_path: Path, root: Path, killer: Killer, kind: str, given: tuple[Any, ...]
) -> None:
    _linked(root)
    before = notes(root)
    done = tmp_path / "done" / "notes"
    shutil.copytree(root, done)
    steps = killer.work(done, kind, *given)
    after = notes(done)
    assert after != before
    old, new = fresh(root, tmp_path), fresh(done, tmp_path)
    kept: list[bool] = []
    for at in range(1, len(steps) + 2):
        copy = tmp_path / f"{at}" / "notes"
        shutil.copytree(root, copy)
        killer.work(copy, kind, *given, at=at)
        state = recovered(copy)  # what was not changed whole is never indexed
        found = notes(copy)
        assert found in (before, after), f"died before step {at}"
        kept.append(found == after)
        assert state == (new if kept[-1] else old)
        # What was there, and was indexed, is there after the next change too.
        opened(copy).editing.write("later.md", "Later.", None)
        assert notes(copy) == {**found, "later.md": "Later."}
    # Once all are changed they stay so, even if no step was taken to say so.
    assert kept == sorted(kept)
    assert kept.count(True) >= 2


def test_putting_back_killed_at_any_step_is_completed_by_the_next(
    tmp_path: Path, root: Path, killer: Killer
) -> None:
    _linked(root)
    before = notes(root)
    half, copy = tmp_path / "half" / "notes", tmp_path / "copy" / "notes"
    shutil.copytree(root, half)
    steps = killer.work(half, "move", "0.md", "sub/moved.md")
    for at in range(len(steps), 0, -1):
        shutil.rmtree(half)
        shutil.copytree(root, half)
        killer.work(half, "move", "0.md", "sub/moved.md", at=at)
        if "0.md" in notes(half):  # all but the last is done: most is to be put back
            break
    assert {"0.md", "sub/moved.md"} <= notes(half).keys()
    shutil.copytree(half, copy)
    steps = killer.work(copy, "index")
    put_back = len(steps) - steps[::-1].index("commit")
    assert steps[:put_back].count("replace") == 2
    for at in range(1, put_back + 1):
        shutil.rmtree(copy)
        shutil.copytree(half, copy)
        killer.work(copy, "index", at=at)
        with closing(opened(copy)) as base:
            base.index()
            assert notes(copy) == before, f"died before step {at}"
            assert {note.path for note in base.notes()} == before.keys()


def test_chat_killed_at_any_step_holds_what_was_committed(
    tmp_path: Path, root: Path, killer: Killer
) -> None:
    steps = killer.work(root, "chat", "first", "Why?", "Because.")
    with closing(opened(root)) as base:
        (turn,) = base.history.turns("first")
        assert (turn.question, turn.right_answer) == ("Why?", "a better one")
    for at in range(1, len(steps) + 2):
        copy = tmp_path / f"{at}" / "notes"
        copy.mkdir(parents=True)
        done = killer.work(copy, "chat", "first", "Why?", "Because.", at=at)
        integrity(copy)
        commits = done.count("committed")
        with closing(opened(copy)) as base:
            turns = base.history.turns("first")
            # A commit that was not counted may have been made all the same.
            assert len(turns) in {min(commits, 1), min(commits + 1, 1)}
            base.history.add_turn("first", "How?", {"answer": "So."})
            assert len(base.history.turns("first")) == len(turns) + 1
            assert len(base.history.chats()) == 1


_NAMES = st.sampled_from(["a.md", "b.md", "sub/a.md", "sub/c.md"])
_PARTS = st.sampled_from(
    ["First text.", "第二段。", "## Head", "## Why?", "Zebra.", "## Is it second?", "#tag"]
)
_TEXTS = st.builds(
    lambda title, parts: title + "\n\n".join(parts),
    st.sampled_from(["", "# Title\n\n", "---\ntitle: T\ntags: [x]\n---\n"]),
    st.lists(_PARTS, max_size=6),
)


class Changes(RuleBasedStateMachine):
    """People change notes; what indexes and writes for them dies."""

    killer: ClassVar[Killer]
    folders: ClassVar[pytest.TempPathFactory]

    def __init__(self) -> None:
        super().__init__()
        self.folder = self.folders.mktemp("sequence")
        self.root = self.folder / "notes"
        self.root.mkdir()

    @rule(name=_NAMES, text=_TEXTS)
    def write(self, name: str, text: str) -> None:
        _write(self.root, name, text)

    @precondition(lambda self: notes(self.root))
    @rule(data=st.data(), name=_NAMES)
    def rename(self, data: st.DataObject, name: str) -> None:
        old = data.draw(st.sampled_from(sorted(notes(self.root))))
        (self.root / name).parent.mkdir(exist_ok=True)
        (self.root / old).rename(self.root / name)

    @precondition(lambda self: notes(self.root))
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        (self.root / data.draw(st.sampled_from(sorted(notes(self.root))))).unlink()

    @rule(rebuild=st.booleans(), at=st.integers(1, 40))
    def die_indexing(self, rebuild: bool, at: int) -> None:
        self.killer.work(self.root, "index", rebuild, at=at)
        integrity(self.root)

    @rule(name=_NAMES, text=_TEXTS, at=st.integers(1, 12))
    def die_writing(self, name: str, text: str, at: int) -> None:
        self.killer.work(self.root, "overwrite", name, text, at=at)

    @rule(name=_NAMES, at=st.integers(1, 12))
    def die_answering(self, name: str, at: int) -> None:
        if "Which?" not in notes(self.root).get(name, ""):
            self.killer.work(self.root, "faq", name, "Which?", "The zebra.", at=at)

    def teardown(self) -> None:
        assert recovered(self.root) == fresh(self.root, self.folder)


def test_any_sequence_of_changes_and_deaths_equals_a_fresh_start(
    killer: Killer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    Changes.killer, Changes.folders = killer, tmp_path_factory
    run_state_machine_as_test(
        Changes,
        settings=settings(
            max_examples=8,
            stateful_step_count=6,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            # Shrinking would run hundreds of deaths more.
            phases=[Phase.explicit, Phase.generate],
        ),
    )


_SERVER = """
import sys
from pathlib import Path
from tests.kb.crashing import opened, small_indexes
small_indexes()
base = opened(Path(sys.argv[1]))
for line in sys.stdin:
    found = base.search(line, 1)
    print(found[0].citation.note + " " + found[0].citation.passage, flush=True)
base.close()
"""


def test_running_server_answers_from_the_new_generation_at_the_next_question(root: Path) -> None:
    base = opened(root)
    base.index()
    command = [sys.executable, "-c", _SERVER, str(root)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None

        def asked(question: str) -> str:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(f"{question}\n")
            server.stdin.flush()
            return server.stdout.readline().rstrip("\n")

        assert asked("Title 3 first") == "3.md First 3."
        for number in range(5):
            _write(root, "zoo.md", f"# Zoo\n\nZebra {number} gallops.")
            base.index()
            assert asked(f"zebra {number} gallops") == f"zoo.md Zebra {number} gallops."
        base.index(rebuild=True)
        assert asked("zebra 4 gallops") == "zoo.md Zebra 4 gallops."
        (root / "zoo.md").unlink()
        base.index()
        assert not asked("zebra 4 gallops").startswith("zoo.md")
    base.close()


def test_random_kills_lose_and_double_nothing() -> None:
    found = run(6, 2, "tests.kb.fake_encoder:FakeEncoder", (0.0, 0.4))
    assert found["wrong"] == []
    assert sum(found["killed_during"].values()) == found["kills"] == 6
