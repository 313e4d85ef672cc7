from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from kb.catalog import writer as catalog_writer
from kb.catalog.catalog import Catalog
from kb.catalog.rows import NoteDraft, PassageDraft, QuestionDraft, passage_key, question_key
from kb.errors import CatalogDamaged, CatalogError, CatalogMissing, EncoderChanged
from kb.indexing.sync import index_folder
from retrieval.scope import Scope
from tests.kb.fake_encoder import FakeEncoder

MODIFIED_NS = 1_700_000_000_000_000_000


def _draft(path: str, *texts: str, tags: tuple[str, ...] = (), title: str = "T") -> NoteDraft:
    passages = tuple(
        PassageDraft(passage_key(text), ("A", "B"), text, number, number + 1, b"\x01")
        for number, text in enumerate(texts)
    )
    question = QuestionDraft(question_key("Q?"), "Q?", "A.", 0, 1)
    folder = path.rpartition("/")[0]
    return NoteDraft(
        path, b"h", 5, MODIFIED_NS, True, title, folder, tags, (), (), passages, (question,)
    )


def _store(catalog: Catalog, *drafts: NoteDraft) -> None:
    with catalog.change() as writer:
        writer.put_meta("dimension", "2")
        for draft in drafts:
            keys = [each.key for each in (*draft.passages, *draft.questions)]
            vectors = {key: np.array([1, key[0] / 255], np.float32) for key in keys}
            writer.put_vectors(writer.epoch, vectors)
            writer.put_note(draft)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    opened = Catalog.open(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    _store(
        catalog,
        _draft("top.md", "one", tags=("x",), title="Straße"),
        _draft("a/in.md", "two", "three", tags=("x", "y")),
        _draft("a/b/deep.md", "four"),
        _draft("ab/beside.md", "five", tags=("y",)),
    )
    return catalog


def _texts(catalog: Catalog, scope: Scope) -> set[str]:
    with catalog.view() as view:
        ids = view.ids_in_scope(scope)
        assert ids.dtype == np.int64
        assert ids.tolist() == sorted(ids.tolist())
        return {passage.text for passage in view.passages_by_id(ids.tolist()).values()}


# Queries


def test_notes_are_filtered_by_folder_tag_and_text(filled: Catalog) -> None:
    with filled.view() as view:
        everything = [note.path for note in view.notes()]
        assert everything == ["a/b/deep.md", "a/in.md", "ab/beside.md", "top.md"]
        assert [note.path for note in view.notes(folder="")] == everything
        assert [note.path for note in view.notes(folder="a/")] == ["a/b/deep.md", "a/in.md"]
        assert [note.path for note in view.notes(tag="#Y")] == ["a/in.md", "ab/beside.md"]
        assert [note.path for note in view.notes(text="STRASSE")] == ["top.md"]
        assert [note.path for note in view.notes(folder="a", tag="x", text="IN")] == ["a/in.md"]
        (note,) = view.notes(text="a/in")
    assert (note.tags, note.folder, note.passages, note.size) == (("x", "y"), "a", 2, 5)
    assert note.modified == datetime.fromtimestamp(1_700_000_000, UTC)


def test_tags_and_folders_are_counted(filled: Catalog) -> None:
    with filled.view() as view:
        assert view.tags() == [("x", 2), ("y", 2)]
        assert view.folders() == [("a", 2), ("a/b", 1), ("ab", 1)]


@pytest.mark.parametrize(
    ("scope", "texts"),
    [
        (Scope(), {"one", "two", "three", "four", "five"}),
        (Scope(folders=("",)), {"one", "two", "three", "four", "five"}),
        (Scope(folders=("a",)), {"two", "three", "four"}),
        (Scope(folders=("/a/b/", "ab")), {"four", "five"}),
        (Scope(tags=("x",)), {"one", "two", "three"}),
        (Scope(tags=("x", "y"), folders=("a", "ab")), {"two", "three", "five"}),
        (Scope(tags=("none",)), set()),
        (Scope(folders=("a%",)), set()),
    ],
    ids=str,
)
def test_ids_in_scope(filled: Catalog, scope: Scope, texts: set[str]) -> None:
    assert _texts(filled, scope) == texts


def test_passages_come_with_their_note(filled: Catalog) -> None:
    with filled.view() as view:
        first, second = view.passages_of("a/in.md")
        assert view.passages_by_id([second.id, 999, first.id]) == {
            first.id: first,
            second.id: second,
        }
        assert view.passages_of("none.md") == []
    assert (first.note, first.title, first.folder, first.ordinal) == ("a/in.md", "T", "a", 0)
    assert (first.heading_line, first.context) == ("A › B", "T › A › B")


def test_questions_come_with_their_vectors(filled: Catalog) -> None:
    with filled.view() as view:
        questions, vectors = view.questions()
    assert [question.note for question in questions][:2] == ["top.md", "a/in.md"]
    assert (questions[0].question, questions[0].answer) == ("Q?", "A.")
    assert vectors.shape == (4, 2)


def test_a_catalogue_without_anything_answers_everything(catalog: Catalog) -> None:
    with catalog.view() as view:
        assert (view.notes(), view.tags(), view.folders(), view.skipped()) == ([], [], [], [])
        assert view.vectors()[1].shape == (0, 0)
        assert view.questions()[1].shape == (0, 0)
        assert (view.fingerprint(), view.indexed_at()) == (None, None)
        assert list(view.changes_since(0).entries) == []
        assert view.check() == []


# Generations


def test_generation_rises_by_one_with_each_change_and_not_without(catalog: Catalog) -> None:
    before = catalog.generation()
    _store(catalog, _draft("a.md", "one"), _draft("b.md", "two"))
    assert catalog.generation() == before + 1
    with catalog.change() as writer:
        writer.put_meta("anything", "1")
    assert catalog.generation() == before + 1


def test_change_that_fails_leaves_nothing(catalog: Catalog) -> None:
    before = catalog.generation()
    with pytest.raises(KeyError), catalog.change() as writer:
        writer.put_note(_draft("a.md", "a text whose vector is not there"))
    with catalog.view() as view:
        assert (view.generation(), view.totals().notes) == (before, 0)


def test_view_stays_at_one_state(filled: Catalog) -> None:
    with filled.view() as view:
        assert view.totals().notes == 4
        _store(filled, _draft("later.md", "six"))
        assert view.totals().notes == 4
    with filled.view() as view:
        assert view.totals().notes == 5


def test_ids_are_never_used_again(filled: Catalog) -> None:
    with filled.view() as view:
        highest = int(view.vectors()[0].max())
        notes = [state.id for state in view.states()]
    with filled.change() as writer:
        writer.remove_notes(notes)
    _store(filled, _draft("new.md", "new"))
    with filled.view() as view:
        assert view.vectors()[0].tolist() == [highest + 1]


def test_log_that_was_cut_short_asks_for_a_new_start(
    filled: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_writer, "KEPT_REMOVALS", 2)
    first = filled.generation()
    for path in ("a/in.md", "top.md", "a/b/deep.md"):
        with filled.change() as writer:
            writer.remove_notes([s.id for s in writer.view.states() if s.path == path])
            writer.sweep()
    with filled.view() as view:
        assert view.changes_since(first).reset
        assert view.changes_since(0).reset
        assert view.changes_since(filled.generation() + 1).reset
        changes = view.changes_since(first + 1)
        assert (changes.reset, len(changes.removed)) == (False, 2)
        assert [entry.text for entry in view.changes_since(first).entries] == ["five"]


def test_20000_vectors_are_read_quickly(catalog: Catalog) -> None:
    count, dimension = 20_000, 384
    rows = np.random.default_rng(0).standard_normal((count, dimension)).astype("<f2")
    with catalog.change() as writer:
        writer.put_meta("dimension", str(dimension))
        connection = writer._connection
        connection.execute(
            "INSERT INTO notes VALUES (1, 'a.md', x'00', 1, 1, 1, 'T', '', '[]', '[]', '[]')"
        )
        connection.executemany(
            "INSERT INTO vectors VALUES (?, 1, ?, ?)",
            ((n, n.to_bytes(16), rows[n].tobytes()) for n in range(count)),
        )
        connection.executemany(
            "INSERT INTO passages VALUES (?, 1, ?, ?, '[]', ?, 0, 1, x'01', 1, 1)",
            ((n + 1, n, n, "text " * 100) for n in range(count)),
        )
    began = time.perf_counter()
    with catalog.view() as view:
        ids, vectors = view.vectors()
    seconds = time.perf_counter() - began
    assert vectors.shape == (count, dimension)
    np.testing.assert_array_equal(vectors, rows[ids - 1])
    # A tenth of a second alone; the limit leaves room for a busy machine.
    assert seconds < 2
    began = time.perf_counter()
    with catalog.view() as view:
        assert len(view.ids_in_scope(Scope(folders=("x",)))) == 0
        assert len(view.ids_in_scope(Scope())) == count
    assert time.perf_counter() - began < 2


# Files


def test_reading_without_an_index_says_so(tmp_path: Path) -> None:
    with pytest.raises(CatalogMissing, match="no index yet: run `kb index`"):
        Catalog.open(tmp_path, read_only=True)
    assert not (tmp_path / ".kb").exists()
    (tmp_path / ".kb").mkdir()
    (tmp_path / ".kb" / "index.db").touch()
    with pytest.raises(CatalogMissing):
        Catalog.open(tmp_path, read_only=True)
    Catalog.open(tmp_path).close()
    assert Catalog.open(tmp_path, read_only=True).generation() > 0


def test_opening_for_writing_needs_the_folder(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no folder"):
        Catalog.open(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(CatalogError, match="cannot be made"):
        Catalog.open(tmp_path / "file")


def test_index_stays_out_of_version_control(catalog: Catalog) -> None:
    ignored = (catalog.path.parent / ".gitignore").read_text()
    assert ignored.splitlines()[0] == "*"
    assert "!config.toml" in ignored


@pytest.mark.parametrize(("version", "age"), [(99, "a newer"), (-1, None)])
def test_index_of_another_version(filled: Catalog, version: int, age: str | None) -> None:
    with filled.change() as writer:
        writer._connection.execute(f"PRAGMA user_version={version}")
    filled.close()
    if age is None:
        with pytest.raises(CatalogDamaged, match="not an index"):
            Catalog.open(filled.root, read_only=True)
        return
    for read_only in (True, False):
        with pytest.raises(CatalogError, match=rf"{age} version of kb .*kb index --rebuild"):
            Catalog.open(filled.root, read_only=read_only)
    with Catalog.open(filled.root, repair=True).view() as view:
        assert view.totals().notes == 0


def test_another_encoder_is_named(filled: Catalog) -> None:
    filled.require_encoder("any: nothing is embedded yet")
    with filled.change() as writer:
        writer.put_meta("fingerprint", "one")
    filled.require_encoder("one")
    with pytest.raises(EncoderChanged, match="one, but the encoder is two"):
        filled.require_encoder("two")


def test_open_reader_follows_when_the_file_is_replaced(filled: Catalog) -> None:
    reader = Catalog.open(filled.root, read_only=True)
    before = reader.generation()
    filled.set_aside()
    with pytest.raises(CatalogMissing):
        reader.generation()
    _store(Catalog.open(filled.root), _draft("new.md", "new"))
    assert reader.generation() > before
    with reader.view() as view:
        assert [note.path for note in view.notes()] == ["new.md"]


def test_only_the_newest_damaged_file_is_kept(filled: Catalog) -> None:
    folder = filled.path.parent
    (folder / "index.db.damaged-20200101T000000").touch()
    filled.set_aside()
    (aside,) = folder.glob("index.db.damaged-*[0-9]")
    assert "20200101" not in aside.name


def test_check_names_what_is_wrong(filled: Catalog) -> None:
    with filled.change() as writer:
        writer._connection.execute("UPDATE vectors SET vector = x'00' WHERE id = 1")
        writer._connection.execute("UPDATE notes SET tags = '[' WHERE id = 2")
    with filled.view() as view:
        assert view.check() == [
            "1 lists that cannot be read",
            "1 vectors of another size",
        ]


def test_threads_read_while_one_writes(filled: Catalog) -> None:
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                with filled.view() as view:
                    assert view.totals().passages == len(view.vectors()[0])
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(12)]
    for thread in threads:
        thread.start()
    for number in range(30):
        _store(filled, _draft(f"n{number}.md", f"text {number}", f"other {number}"))
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    with filled.view() as view:
        assert view.totals().notes == 34


_READ_ONLY = """
import os
import sys
from pathlib import Path
from kb.catalog.catalog import Catalog
from kb.errors import KbError
from kb.indexing.sync import index_folder
from tests.kb.fake_encoder import FakeEncoder
root = Path(sys.argv[1])
if os.geteuid() == 0:
    # Root may write everywhere, so we go on as nobody; all modules are loaded.
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
with Catalog.open(root, read_only=True).view() as view:
    print([note.path for note in view.notes()], view.vectors()[1].shape)
try:
    index_folder(root, FakeEncoder())
except KbError as error:
    print(type(error).__name__, error)
"""


def test_read_only_folder_is_asked_but_not_indexed() -> None:
    # Not in pytest's own folder, which another user may not enter.
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "notes"
        root.mkdir()
        (root / "a.md").write_text("# A\n\nText.")
        index_folder(root, FakeEncoder())
        Path(name).chmod(0o755)
        for folder in (root, root / ".kb"):
            folder.chmod(0o555)
        try:
            result = subprocess.run(
                [sys.executable, "-c", _READ_ONLY, str(root)],
                env={"PYTHONPATH": str(Path.cwd()), "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            for folder in (root, root / ".kb"):
                folder.chmod(0o755)
        shutil.rmtree(root)
    assert result.returncode == 0, result.stderr
    seen, refused = result.stdout.splitlines()
    assert seen == "['a.md'] (1, 32)"
    assert refused.startswith("CatalogError")
    assert "cannot be written" in refused


def test_index_file_is_touched_through_sqlite_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Closing any other descriptor of the file drops the process's locks on it.
    (tmp_path / "a.md").write_text("# A\n\nText.\n", encoding="utf-8")
    index_folder(tmp_path, FakeEncoder())
    plain = Path.open

    def watched(path: Path, *arguments: object, **named: object) -> object:
        assert path.name != "index.db"
        return plain(path, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "open", watched)
    assert index_folder(tmp_path, FakeEncoder()).unchanged == 1
