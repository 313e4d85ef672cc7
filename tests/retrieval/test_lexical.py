import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retrieval import index_stamp, lexical
from retrieval.errors import IndexDamaged, RetrievalError
from retrieval.lexical import Entry, LexicalIndex
from retrieval.scope import Scope
from tests.damage import put

WORDS = ["attention", "memory", "vector", "记忆", "模型", "max_length", "cats"]


def entry(id_: int, text: str, **more: Any) -> Entry:
    return Entry(**{"id": id_, "title": "", "heading": "", "text": text, **more})


def found(index: LexicalIndex, query: str, scope: Scope | None = None, k: int = 10) -> list[int]:
    return [id_ for id_, _ in index.search(query, k, scope)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kb" / "lexical"


@pytest.fixture
def index(folder: Path) -> LexicalIndex:
    index = LexicalIndex(folder)
    index.update(
        [],
        [
            entry(1, "Attention weighs every token.", title="Transformers", folder="en/models"),
            entry(2, "用BERT做問答，預訓練語言模型。", tags=("nlp", "zh"), folder="zh"),
            entry(3, "Pass `max_length` to IndexFlatIP.", tags=("code",), folder="en"),
            entry(4, "The token is weighed.", heading="Attention", tags=("nlp",)),
        ],
        7,
    )
    return index


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("weighing every token", 1),
        ("问答", 2),
        ("maxLength", 3),
        ("index flat ip", 3),
        ("transformer", 1),
        ("the", 4),
        ("BERT预训练", 2),
    ],
)
def test_search_finds_by_words(index: LexicalIndex, query: str, best: int) -> None:
    assert found(index, query)[0] == best


def test_search_scores_by_bm25_best_first(index: LexicalIndex) -> None:
    scores = [score for _, score in index.search("attention token", 10)]
    assert scores == sorted(scores, reverse=True)
    assert all(score > 0 for score in scores)
    assert len(index.search("attention token", 1)) == 1


@pytest.mark.parametrize(
    ("scope", "ids"),
    [
        (Scope(), {1, 2, 3, 4}),
        (Scope(tags=("nlp",)), {2, 4}),
        (Scope(tags=("zh", "code")), {2, 3}),
        (Scope(tags=("#NLP",)), {2, 4}),
        (Scope(folders=("en",)), {1, 3}),
        (Scope(folders=("en/models/",)), {1}),
        (Scope(folders=("en", "zh")), {1, 2, 3}),
        (Scope(folders=("",)), {1, 2, 3, 4}),
        (Scope(folders=("e",)), set()),
        (Scope(tags=("nlp",), folders=("zh",)), {2}),
        (Scope(tags=("code",), folders=("zh",)), set()),
    ],
)
def test_search_stays_within_scope(index: LexicalIndex, scope: Scope, ids: set[int]) -> None:
    query = "token 模型 max_length"
    plain = dict(index.search(query, 10))
    assert dict(index.search(query, 10, scope)) == {id_: plain[id_] for id_ in ids}
    notes = {
        1: ((), "en/models"),
        2: (("nlp", "zh"), "zh"),
        3: (("code",), "en"),
        4: (("nlp",), ""),
    }
    assert {id_ for id_, (tags, place) in notes.items() if scope.admits(tags, place)} == ids


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "?!",
        '"',
        "AND OR NOT (",
        "title:x^9 *",
        "a:b~3 [x TO y]",
        "\\",
        "\0",
        "no_such_word",
    ],
)
def test_search_takes_any_text_as_plain_words(index: LexicalIndex, query: str) -> None:
    assert isinstance(index.search(query, 5), list)


@pytest.mark.parametrize("k", [0, -3])
def test_search_for_none_finds_none(index: LexicalIndex, k: int) -> None:
    assert index.search("token", k) == []


def test_search_takes_a_very_long_question_by_its_rarest_terms(index: LexicalIndex) -> None:
    filler = " ".join(f"word{number}" for number in range(5000))
    assert found(index, f"{filler} token max_length")[0] == 3


def test_update_replaces_and_removes(index: LexicalIndex) -> None:
    index.update([1, 99], [entry(4, "Now about cats."), entry(5, "a"), entry(5, "dogs")], 8)
    assert len(index) == 4
    assert found(index, "weighs") == []
    assert found(index, "cat") == [4]
    assert found(index, "dog") == [5]
    assert index.generation == 8


def test_update_applied_twice_changes_nothing(index: LexicalIndex) -> None:
    for _ in range(2):
        index.update([1], [entry(4, "cats"), entry(6, "dogs")], 8)
        assert (len(index), found(index, "cats dogs token")) == (4, [4, 6])


def test_update_with_nothing_notes_the_generation(index: LexicalIndex, folder: Path) -> None:
    index.update([], [], 12)
    assert LexicalIndex(folder).generation == 12
    assert len(index) == 4


def test_update_that_fails_changes_nothing(index: LexicalIndex, folder: Path) -> None:
    def entries() -> Iterator[Entry]:
        yield entry(9, "cats")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        index.update([1], entries(), 8)
    assert (LexicalIndex(folder).generation, len(LexicalIndex(folder))) == (7, 4)
    index.update([], [entry(9, "cats")], 8)
    assert len(index) == 5


def test_ids_may_be_large(index: LexicalIndex) -> None:
    index.update([], [entry(2**62, "giraffe")], 8)
    assert found(index, "giraffe") == [2**62]
    index.update([2**62], [], 9)
    assert found(index, "giraffe") == []


def test_index_is_there_when_opened_again(index: LexicalIndex, folder: Path) -> None:
    again = LexicalIndex(folder)
    assert (again.generation, len(again)) == (7, 4)
    assert again.search("attention token", 9) == index.search("attention token", 9)


def test_refresh_sees_what_another_handle_wrote(index: LexicalIndex, folder: Path) -> None:
    other = LexicalIndex(folder)
    index.update([], [entry(10, "giraffe")], 8)
    assert (found(other, "giraffe"), other.generation) == ([], 7)
    other.refresh()
    assert (found(other, "giraffe"), other.generation) == ([10], 8)
    other.update([], [entry(11, "giraffe")], 9)
    index.update([10], [entry(12, "zebra")], 10)
    assert (len(index), index.generation) == (6, 10)
    assert sorted(found(index, "giraffe zebra")) == [11, 12]


STEPS = st.lists(
    st.tuples(
        st.lists(st.integers(1, 8), max_size=3),
        st.lists(st.tuples(st.integers(1, 8), st.sampled_from(WORDS)), max_size=3),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_index_agrees_with_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("twin") / "lexical"
    index = LexicalIndex(folder)
    twin: dict[int, str] = {}
    for generation, (remove, add) in enumerate(steps, start=1):
        index.update(remove, [entry(id_, word) for id_, word in add], generation)
        twin = {id_: word for id_, word in twin.items() if id_ not in remove} | dict(add)
    assert len(index) == len(twin)
    for word in WORDS:
        assert sorted(found(index, word)) == sorted(i for i, held in twin.items() if held == word)


# Runs in a process of its own: fills an index and is killed where the test says.
KILLED = """
import os, signal, sys
from pathlib import Path
from typing import Any
from retrieval import index_stamp
from retrieval.lexical import Entry, LexicalIndex
folder, where = Path(sys.argv[1]), sys.argv[2]
index = LexicalIndex(folder)
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def entries():
    for id_ in (4, 20):
        yield Entry(id_, "", "", "giraffe")
    if where == "before the commit":
        die()
if where == "before the stamp":
    index_stamp.write = die
if where == "in the stamp":
    os.fsync = die
index.update([1], entries(), 8)
"""


def kill_writer(folder: Path, where: str) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), where], check=False)
    assert done.returncode == -9


@pytest.mark.parametrize("where", ["before the commit", "before the stamp", "in the stamp"])
def test_killed_update_is_completed_by_doing_it_again(
    index: LexicalIndex, folder: Path, where: str
) -> None:
    kill_writer(folder, where)
    again = LexicalIndex(folder)
    assert again.generation == 7
    again.update([1], [entry(4, "giraffe"), entry(20, "giraffe")], 8)
    assert (again.generation, len(again)) == (8, 4)
    assert found(again, "giraffe") == [4, 20]
    assert found(again, "transformer") == []
    index.refresh()
    assert (index.generation, len(index)) == (8, 4)


def test_commit_killed_halfway_is_completed_by_doing_it_again(
    index: LexicalIndex, folder: Path, tmp_path: Path
) -> None:
    before = tmp_path / "before"
    shutil.copytree(folder, before)
    changes = ([1], [entry(4, "giraffe"), entry(20, "giraffe")], 8)
    index.update(*changes)
    written = {path.name for path in folder.iterdir()} - {path.name for path in before.iterdir()}
    assert any(name.endswith(".del") for name in written)
    # All files of the commit are there; what names them was not yet put in its place.
    for path in before.iterdir():
        if path.name != ".managed.json":
            put(folder / path.name, path.read_bytes())
    again = LexicalIndex(folder)
    assert (again.generation, len(again)) == (7, 4)
    again.update(*changes)
    assert (again.generation, len(again)) == (8, 4)
    assert found(again, "giraffe") == [4, 20]


def test_killed_first_filling_leaves_nothing_behind(folder: Path) -> None:
    kill_writer(folder, "before the stamp")
    index = LexicalIndex(folder)
    assert index.generation == 0
    index.update([], [entry(1, "cats")], 5)
    assert (len(index), found(index, "giraffe")) == (1, [])


def test_first_filling_may_come_in_batches(folder: Path) -> None:
    index = LexicalIndex(folder)
    index.update([], [entry(1, "cats")], 0)
    index.refresh()
    index.update([], [entry(2, "cats")], 0)
    index.update([], [entry(3, "cats")], 4)
    assert (len(index), LexicalIndex(folder).generation) == (3, 4)


# A file that is cut, holds something else or is not there: whichever, however.
DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "cut": lambda data: data[: len(data) // 2],
    "garbage": lambda _: random.Random(1).randbytes(500),
    "empty": lambda _: b"",
    "missing": lambda _: None,
}
FILES = ["stamp.json", "meta.json", ".managed.json", "*.term", "*.idx", "*.fast", "*.fieldnorm"]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("pattern", FILES)
@pytest.mark.usefixtures("index")
def test_damaged_index_starts_empty(folder: Path, pattern: str, damage: str) -> None:
    path = next(folder.glob(pattern))
    damaged = DAMAGES[damage](path.read_bytes())
    path.unlink()  # never in place: the fixture's index has the old file mapped
    if damaged is not None:
        path.write_bytes(damaged)
    again = LexicalIndex(folder)
    if (pattern, damage) == (".managed.json", "missing"):  # tantivy's own list of its files
        assert len(again) == 4
        return
    assert (again.generation, len(again)) == (0, 0)
    again.update([], [entry(1, "cats")], 3)
    assert LexicalIndex(folder).generation == 3
    assert found(LexicalIndex(folder), "cat") == [1]


@pytest.mark.usefixtures("index")
def test_damaged_index_is_moved_aside_and_an_older_one_replaced(folder: Path) -> None:
    for _ in range(2):
        (folder / "stamp.json").write_text("?")
        assert LexicalIndex(folder).generation == 0
    assert (folder.parent / "lexical.damaged" / "stamp.json").read_text() == "?"


def test_file_in_the_folders_place_is_moved_aside(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("not a folder")
    assert LexicalIndex(folder).generation == 0
    assert (folder.parent / "lexical.damaged").read_text() == "not a folder"


@pytest.mark.usefixtures("index")
def test_index_of_another_version_starts_empty(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.analyzer.VERSION", 99)
    assert (LexicalIndex(folder).generation, len(LexicalIndex(folder))) == (0, 0)


def test_damage_under_an_open_index_is_told_and_healed(
    index: LexicalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "_whole", lambda _: (_ for _ in ()).throw(ValueError("no id")))
    with pytest.raises(IndexDamaged, match="no id"):
        index.search("token", 3)
    monkeypatch.undo()
    index.refresh()
    assert (index.generation, len(index)) == (0, 0)


def test_index_deleted_under_an_open_one_is_made_again(index: LexicalIndex, folder: Path) -> None:
    shutil.rmtree(folder)
    index.refresh()
    assert (index.generation, len(index)) == (0, 0)
    index.update([], [entry(1, "cats")], 2)
    assert found(LexicalIndex(folder), "cats") == [1]


def test_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RetrievalError, match="cannot make the search index"):
        LexicalIndex(tmp_path / "file" / "lexical")


def test_second_writer_waits_then_tells(
    index: LexicalIndex, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "WRITER_WAIT_SECONDS", 0.3)
    second, entered, leave = LexicalIndex(folder), threading.Event(), threading.Event()

    def slowly() -> Iterator[Entry]:
        entered.set()
        leave.wait(30)
        yield entry(30, "first")

    first = threading.Thread(target=index.update, args=([], slowly(), 8))
    first.start()
    entered.wait(30)
    with pytest.raises(RetrievalError, match="another process is still writing") as raised:
        second.update([], [entry(31, "second")], 9)
    assert "\n" not in str(raised.value)
    assert not isinstance(raised.value, IndexDamaged)
    assert found(second, "token")  # readers never wait
    monkeypatch.setattr(lexical, "WRITER_WAIT_SECONDS", 30.0)
    threading.Timer(0.2, leave.set).start()
    second.update([], [entry(31, "second")], 9)
    first.join()
    assert found(second, "first second") == [30, 31]


@pytest.mark.usefixtures("index")
def test_two_processes_that_open_a_damaged_index_both_come_through(folder: Path) -> None:
    (folder / "stamp.json").write_text("?")
    code = (
        "import sys; from pathlib import Path; from retrieval.lexical import LexicalIndex;"
        "print(LexicalIndex(Path(sys.argv[1])).generation)"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    assert [process.communicate()[0].strip() for process in processes] == [b"0"] * 4
    assert index_stamp.read(folder) == 0
