from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.catalog.catalog import Catalog
from kb.catalog.rows import embed_text
from kb.errors import (
    CatalogDamaged,
    CatalogError,
    EncoderChanged,
    LockedError,
    NoteError,
    NotesVanished,
    VaultError,
)
from kb.indexing import drafting
from kb.indexing import update as index_update
from kb.indexing.sync import IndexReport, Progress, count_stale, index_folder, sync
from kb.notes import vault
from kb.notes.vault import read_text
from kb.storage.writer_lock import WriterLock
from tests.kb.fake_encoder import FakeEncoder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


def _write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def _settle(root: Path) -> None:
    """Make the notes look as old as most notes are."""
    for number, file in enumerate(sorted(root.rglob("*.md"))):
        moment = 1_600_000_000 + number
        os.utime(file, (moment, moment))


def _passages(root: Path) -> dict[str, list[str]]:
    """What is stored of each note, checked against the note itself."""
    found: dict[str, list[str]] = {}
    with Catalog(root).view() as view:
        assert view.check() == []
        for note in view.notes():
            source = read_text(root, note.path)
            stored = view.passages_of(note.path)
            assert [passage.ordinal for passage in stored] == list(range(len(stored)))
            for passage in stored:
                low, high = passage.source_map.to_source(0, len(passage.text))
                assert passage.start <= low <= high <= len(source)
                assert passage.end <= len(source)
            found[note.path] = [f"{passage.context}|{passage.text}" for passage in stored]
    return found


def _state(root: Path, encoder: FakeEncoder) -> dict[str, Any]:
    """All that matters of a catalogue: without ids and generations, which tell its past."""
    with Catalog(root).view() as view:
        assert view.check() == []
        ids, vectors = view.vectors()
        assert len(set(ids.tolist())) == len(ids)
        by_id = dict(zip(ids.tolist(), vectors, strict=True))
        passages = view.passages_by_id(ids.tolist())
        assert passages.keys() == by_id.keys()
        for number, passage in passages.items():
            text = embed_text(passage.title, passage.heading, passage.text)
            expected = encoder._encode([text])[0].astype(np.float16)
            np.testing.assert_array_equal(by_id[number], expected)
        questions, matrix = view.questions()
        assert matrix.shape == (len(questions), encoder.dimension)
        return {
            "notes": [
                (note.path, note.title, note.tags, note.folder, note.passages)
                for note in view.notes()
            ],
            "passages": sorted(
                (p.note, p.ordinal, p.heading, p.text, p.start, p.end, p.map_bytes)
                for p in passages.values()
            ),
            "questions": sorted((q.note, q.question, q.answer or "", q.start) for q in questions),
            "tags": view.tags(),
            "folders": view.folders(),
            "warnings": view.warnings(),
            "vectors": view._rows("SELECT count(*) FROM vectors")[0][0],
        }


def _fresh_state(root: Path, encoder: FakeEncoder, base: Path) -> dict[str, Any]:
    """The state that indexing the same notes for the first time gives."""
    copy = base / f"fresh-{time.time_ns()}"
    copy.mkdir()
    for file in sorted(root.rglob("*.md")):
        if ".kb" not in file.parts:
            _write(copy, file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))
    index_folder(copy, encoder)
    return _state(copy, encoder)


def _counts(report: IndexReport) -> tuple[int, int, int, int, int]:
    return report.added, report.changed, report.renamed, report.removed, report.unchanged


# What changed is seen, and nothing is embedded twice


def test_index_sees_what_was_added_changed_renamed_moved_and_removed(
    root: Path, encoder: FakeEncoder
) -> None:
    for name in ("one", "two", "three", "four"):
        _write(root, f"{name}.md", f"# Title {name}\n\nText of {name}.\n")
    assert _counts(index_folder(root, encoder)) == (4, 0, 0, 0, 0)
    _write(root, "two.md", "# Title two\n\nAnother text.\n")
    (root / "three.md").rename(root / "drei.md")
    (root / "sub").mkdir()
    (root / "four.md").rename(root / "sub" / "four.md")
    (root / "one.md").unlink()
    _write(root, "five.md", "# Title five\n\nText of five.\n")
    report = index_folder(root, encoder)
    assert _counts(report) == (1, 1, 2, 1, 0)
    assert (report.passages, report.embedded) == (4, 2)
    assert _passages(root) == {
        "drei.md": ["Title three|Text of three."],
        "five.md": ["Title five|Text of five."],
        "sub/four.md": ["Title four|Text of four."],
        "two.md": ["Title two|Another text."],
    }
    assert max(encoder.passages.values()) == 1


def test_index_of_an_unchanged_folder_reads_no_file(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(root, "a.md", "# A\n\nText.")
    _settle(root)
    index_folder(root, encoder)
    before = Catalog(root).generation()
    monkeypatch.setattr(drafting, "read_text", lambda *_a, **_k: pytest.fail("was read"))
    assert _counts(index_folder(root, encoder)) == (0, 0, 0, 0, 1)
    assert Catalog(root).generation() == before


def test_index_reads_a_touched_file_but_keeps_what_it_knows(
    root: Path, encoder: FakeEncoder
) -> None:
    _write(root, "a.md", "# A\n\nText.")
    _settle(root)
    index_folder(root, encoder)
    before = Catalog(root).generation()
    os.utime(root / "a.md", (1_700_000_000, 1_700_000_000))
    with Catalog(root).view() as view:
        assert count_stale(vault.scan(root), view.states()) == 1
    assert _counts(index_folder(root, encoder)) == (0, 0, 0, 0, 1)
    with Catalog(root).view() as view:
        assert count_stale(vault.scan(root), view.states()) == 0
        assert view.generation() == before


def test_index_sees_a_change_within_one_tick_of_the_clock(root: Path, encoder: FakeEncoder) -> None:
    _write(root, "a.md", "# A\n\nText one.")
    status = (root / "a.md").stat()
    index_folder(root, encoder)
    _write(root, "a.md", "# A\n\nText two.")
    os.utime(root / "a.md", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert index_folder(root, encoder).changed == 1
    assert _passages(root) == {"a.md": ["A|Text two."]}


def test_index_keeps_ids_of_neighbours_when_a_passage_changes(
    root: Path, encoder: FakeEncoder
) -> None:
    _write(root, "a.md", "# A\n\n## One\n\nFirst.\n\n## Two\n\nSecond.\n\n## Three\n\nThird.\n")
    index_folder(root, encoder)
    with Catalog(root).view() as view:
        before = {p.heading_line: p.id for p in view.passages_of("a.md")}
        generation = view.generation()
    text = "# A\n\nNew start.\n\n## One\n\nFirst.\n\n## Two\n\nOther.\n\n## Three\n\nThird.\n"
    _write(root, "a.md", text)
    assert index_folder(root, encoder).embedded == 2
    with Catalog(root).view() as view:
        after = {p.heading_line: p for p in view.passages_of("a.md")}
        changes = view.changes_since(generation)
        entries = sorted(entry.id for entry in changes.entries)
        assert not changes.reset
        assert changes.removed.tolist() == [before["Two"]]
        assert entries == sorted([after[""].id, after["Two"].id])
        assert sorted(np.concatenate([ids for ids, _ in view.iter_vectors(generation)])) == entries
    assert (after["One"].id, after["Three"].id) == (before["One"], before["Three"])
    assert text[after["Three"].start : after["Three"].end] == "Third."


def test_rename_embeds_again_only_where_the_title_is_the_name(
    root: Path, encoder: FakeEncoder
) -> None:
    _write(root, "named.md", "Text under no title.")
    _write(root, "titled.md", "---\ntitle: Fixed\n---\nOther text.")
    index_folder(root, encoder)
    with Catalog(root).view() as view:
        kept = view.passages_of("titled.md")[0].id
        generation = view.generation()
    (root / "named.md").rename(root / "renamed.md")
    (root / "sub").mkdir()
    (root / "titled.md").rename(root / "sub" / "titled.md")
    report = index_folder(root, encoder)
    assert (report.renamed, report.embedded) == (2, 1)
    assert _passages(root)["renamed.md"] == ["renamed|Text under no title."]
    with Catalog(root).view() as view:
        assert view.passages_of("sub/titled.md")[0].id == kept
        # Its folder is another: the lexical index must hear of it, the vectors need not.
        entries = {entry.id: entry.folder for entry in view.changes_since(generation).entries}
        assert entries[kept] == "sub"
        assert kept not in np.concatenate([ids for ids, _ in view.iter_vectors(generation)])


def test_text_that_moves_to_another_note_of_the_same_title_is_not_embedded_again(
    root: Path, encoder: FakeEncoder
) -> None:
    _write(root, "z.md", "---\ntitle: T\n---\nMoving text.")
    index_folder(root, encoder)
    (root / "z.md").unlink()
    _write(root, "a.md", "---\ntitle: T\ntags: [new]\n---\nMoving text.")
    assert index_folder(root, encoder).embedded == 0
    with Catalog(root).view() as view:
        assert view._rows("SELECT count(*) FROM vectors") == [(1,)]


def test_two_notes_that_say_the_same_share_a_vector(root: Path, encoder: FakeEncoder) -> None:
    for name in ("a", "b"):
        _write(root, f"{name}.md", "# Same\n\nThe same text.\n\nThe same text.\n")
    assert index_folder(root, encoder).embedded == 1
    (root / "a.md").unlink()
    index_folder(root, encoder)
    assert list(_passages(root)) == ["b.md"]


def test_questions_are_embedded_as_queries(root: Path, encoder: FakeEncoder) -> None:
    text = (
        "---\nfaq:\n- question: 为什么?\n  answer: 因为。\n---\n# A\n\n## What is it?\n\nA thing.\n"
    )
    _write(root, "a.md", text)
    index_folder(root, encoder)
    assert encoder.queries == {"What is it?": 1, "为什么?": 1}
    with Catalog(root).view() as view:
        questions, vectors = view.questions()
    assert {(q.question, q.answer) for q in questions} == {
        ("What is it?", None),
        ("为什么?", "因为。"),
    }
    assert vectors.shape == (2, encoder.dimension)
    heading = next(question for question in questions if question.answer is None)
    assert text[heading.start : heading.end] == "What is it?"


def test_another_passage_size_splits_all_notes_again(root: Path, encoder: FakeEncoder) -> None:
    _write(root, "a.md", "# A\n\n" + "\n\n".join(f"Word {n} of the text." for n in range(20)))
    _settle(root)
    one = index_folder(root, encoder, passage_tokens=100)
    two = index_folder(root, encoder, passage_tokens=20)
    assert two.passages > one.passages
    assert index_folder(root, encoder, passage_tokens=20).embedded == 0


def test_a_long_note_is_stored_whole_in_many_batches(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_update, "BATCH_TEXTS", 4)
    _write(root, "a.md", "# A\n\n" + "\n\n".join(f"## H{n}\n\nText {n}." for n in range(30)))
    assert index_folder(root, encoder).passages == 30
    assert encoder.passages.total() == 30


def test_title_with_a_lone_surrogate_is_stored(root: Path, encoder: FakeEncoder) -> None:
    _write(root, "a.md", '---\ntitle: "x\\uD800y"\ntags: ["t\\uD800"]\n---\nText.')
    index_folder(root, encoder)
    assert _passages(root) == {"a.md": ["x?y|Text."]}


# Bad input


def test_empty_folder_and_note_without_text(root: Path, encoder: FakeEncoder) -> None:
    assert index_folder(root, encoder).passages == 0
    _write(root, "empty.md", "")
    report = index_folder(root, encoder)
    assert (report.added, report.passages) == (1, 0)
    with Catalog(root).view() as view:
        assert [note.path for note in view.notes()] == ["empty.md"]
        assert view.vectors()[1].shape == (0, encoder.dimension)


def test_unreadable_notes_are_reported_and_what_was_indexed_is_kept(
    root: Path, encoder: FakeEncoder
) -> None:
    _write(root, "good.md", "# Good\n\nText.")
    _write(root, "turns.md", "# Turns\n\nOld text.")
    (root / "binary.md").write_bytes(b"\x00\x01")
    (root / "circle.md").symlink_to("circle.md")
    _write(root, "loop/in.md", "# In\n\nInside.")
    (root / "loop" / "back").symlink_to(root, target_is_directory=True)
    report = index_folder(root, encoder)
    assert {each.path for each in report.skipped} == {"binary.md", "circle.md", "loop/back"}
    (root / "turns.md").write_bytes(b"\xff\xfe not UTF-8")
    report = index_folder(root, encoder)
    assert "turns.md" in {each.path for each in report.skipped}
    assert all(each.path not in each.reason for each in report.skipped)
    with Catalog(root).view() as view:
        assert view.passages_of("turns.md")[0].text == "Old text."
        assert [each.path for each in view.skipped()] == [each.path for each in report.skipped]
    (root / "turns.md").unlink()
    assert index_folder(root, encoder).removed == 1


def test_file_that_vanishes_while_being_read_is_reported(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(root, "a.md", "# A\n\nText.")
    _write(root, "b.md", "# B\n\nText.")

    def read(folder: Path, path: str, **options: Any) -> str:
        (folder / "b.md").unlink(missing_ok=True)
        return read_text(folder, path, **options)

    monkeypatch.setattr(drafting, "read_text", read)
    report = index_folder(root, encoder)
    assert [each.path for each in report.skipped] == ["b.md"]
    assert _passages(root).keys() == {"a.md"}
    assert index_folder(root, encoder).skipped == ()


def test_folder_that_cannot_be_listed_changes_nothing(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(VaultError, match="no folder"):
        index_folder(root / "none", encoder)
    _write(root, "sub/a.md", "# A\n\nText.")
    index_folder(root, encoder)
    real = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).endswith("sub"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = index_folder(root, encoder)
    assert ([each.path for each in report.skipped], report.removed) == (["sub"], 0)
    assert _passages(root).keys() == {"sub/a.md"}


def test_folder_that_lost_its_notes_loses_only_the_index(root: Path, encoder: FakeEncoder) -> None:
    _write(root, "a.md", "# A\n\nText.")
    index_folder(root, encoder)
    (root / "a.md").rename(root.parent / "a.md")
    assert index_folder(root, encoder).removed == 1
    (root.parent / "a.md").rename(root / "a.md")
    assert index_folder(root, encoder).added == 1


# Encoders and rebuilding


def test_another_encoder_needs_a_rebuild(root: Path, encoder: FakeEncoder) -> None:
    _write(root, "a.md", "# A\n\nText.")
    index_folder(root, encoder)
    other = FakeEncoder("fake-2", dimension=16)
    with pytest.raises(EncoderChanged, match=r"fake-1.*fake-2.*kb index --rebuild"):
        index_folder(root, other)
    with Catalog(root).view() as view:
        generation = view.generation()
    assert index_folder(root, other, rebuild=True).embedded == 1
    with Catalog(root).view() as view:
        assert view.changes_since(generation).reset
        assert view.vectors()[1].shape == (1, 16)
    assert index_folder(root, other).embedded == 0
    assert _state(root, other) == _fresh_state(root, other, root.parent)


def test_another_encoder_needs_no_rebuild_when_nothing_is_indexed(
    root: Path, encoder: FakeEncoder
) -> None:
    index_folder(root, encoder)
    _write(root, "a.md", "# A\n\nText.")
    other = FakeEncoder("fake-2", dimension=16)
    assert index_folder(root, other).added == 1
    assert _state(root, other) == _fresh_state(root, other, root.parent)


def test_rebuild_embeds_everything_again_and_readers_keep_the_old_state(
    root: Path, encoder: FakeEncoder
) -> None:
    for number in range(5):
        _write(root, f"{number}.md", f"# N\n\nText {number}.")
    index_folder(root, encoder)
    reader = Catalog.open(root, read_only=True)
    before = reader.generation()
    seen: set[tuple[str, int, int]] = set()

    def look(progress: Progress) -> None:
        with reader.view() as view:
            seen.add((progress.stage, view.generation() - before, view.totals().passages))

    assert index_folder(root, encoder, rebuild=True, progress=look).embedded == 5
    assert {(stage, generation, count) for stage, generation, count in seen if generation == 0} == {
        ("scanning", 0, 5),
        ("embedding", 0, 5),
        ("storing", 0, 5),
    }
    assert reader.generation() == before + 1
    assert _state(root, encoder) == _fresh_state(root, encoder, root.parent)


def test_stopped_rebuild_keeps_the_old_state_and_is_taken_up(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        _write(root, f"{number}.md", f"# N{number}\n\nText {number}.")
    index_folder(root, encoder)
    monkeypatch.setattr("kb.indexing.rebuild.BATCH_TEXTS", 2)
    before = _state(root, encoder)
    other = FakeEncoder("fake-2")

    def stop(progress: Progress) -> None:
        if (progress.stage, progress.note) == ("embedding", "6.md"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_folder(root, other, rebuild=True, progress=stop)
    with Catalog(root).view() as view:
        assert view.fingerprint() == "fake-1"
    assert other.embedded == 6
    index_folder(root, other, rebuild=True)
    assert other.embedded == 9
    assert max(other.passages.values()) == 1
    assert _state(root, other) == _fresh_state(root, FakeEncoder("fake-2"), root.parent)
    index_folder(root, encoder, rebuild=True)
    assert _state(root, encoder) == before


def test_plain_run_drops_what_a_stopped_rebuild_left(root: Path, encoder: FakeEncoder) -> None:
    for number in range(4):
        _write(root, f"{number}.md", f"# N{number}\n\nText {number}.")
    index_folder(root, encoder)

    def stop(progress: Progress) -> None:
        if progress.stage == "storing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_folder(root, FakeEncoder("fake-2"), rebuild=True, progress=stop)
    index_folder(root, encoder)
    assert _state(root, encoder) == _fresh_state(root, encoder, root.parent)


# Interruptions, crashes and other processes


def test_run_that_is_stopped_keeps_whole_notes_and_the_next_goes_on(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_update, "BATCH_TEXTS", 3)
    for number in range(10):
        _write(root, f"{number}.md", f"# N{number}\n\nOne {number}.\n\n## H\n\nTwo {number}.")

    def stop(progress: Progress) -> None:
        if progress.note == "5.md":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_folder(root, encoder, progress=stop)
    stored = _passages(root)
    assert 0 < len(stored) < 10
    assert {len(passages) for passages in stored.values()} == {2}
    index_folder(root, encoder)
    assert len(_passages(root)) == 10
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
        _write(root, f"{number}.md", f"# N{number}\n\nOne {number}.\n\n## H?\n\nTwo {number}.")
    if options:
        index_folder(root, encoder)
    with _indexing(root, 0.01, *options) as process:
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    if Catalog(root).path.exists() and Catalog(root).path.stat().st_size:
        assert {len(passages) for passages in _passages(root).values()} <= {2}
    index_folder(root, encoder)
    assert len(_passages(root)) == 40
    assert _state(root, encoder) == _fresh_state(root, encoder, root.parent)


def test_second_run_is_told_who_is_indexing(root: Path, encoder: FakeEncoder) -> None:
    with WriterLock(root), pytest.raises(LockedError, match=f"process {os.getpid()}"):
        index_folder(root, encoder)


def test_readers_see_whole_generations_while_another_process_indexes(root: Path) -> None:
    encoder = FakeEncoder()
    for number in range(40):
        _write(root, f"{number}.md", f"# N{number}\n\nOne {number}.\n\n## H\n\nTwo {number}.")
    index_folder(root, encoder)
    reader = Catalog.open(root, read_only=True)
    generations: set[int] = set()
    slowest = 0.0
    for number in range(40):
        _write(root, f"{number}.md", f"# N{number}\n\nNew {number}.\n\n## H\n\nNewer {number}.")
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
        _write(root, f"{number}.md", f"# N{number}\n\nText {number}.")
    with _indexing(root, 0.01) as one, _indexing(root, 0.01) as two:
        outputs = [process.communicate()[0] for process in (one, two)]
    assert sorted(int(output.split()[-1]) for output in outputs) == [0, 20]


# Damage


def _truncate(share: float) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        os.truncate(file, int(file.stat().st_size * share))

    return damage


def _overwrite(file: Path) -> None:
    data = bytearray(file.read_bytes())
    randomness = random.Random(1)
    for start in range(4096, len(data), 8192):
        data[start : start + 2048] = randomness.randbytes(len(data[start : start + 2048]))
    file.write_bytes(data)


def _garbage(file: Path) -> None:
    file.write_bytes(b"no database " * 5000)


def _foreign(file: Path) -> None:
    file.unlink()
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE other (x)")
    connection.close()


def _read_everything(catalog: Catalog) -> None:
    with catalog.view() as view:
        view.vectors()
        view.passages_by_id(range(200))
        list(view.changes_since(0).entries)
        view.notes()


@pytest.mark.parametrize(
    "damage",
    [*map(_truncate, (0.001, 0.1, 0.5, 0.9)), _overwrite, _garbage, _foreign],
    ids=["0.1%", "10%", "50%", "90%", "overwritten", "garbage", "foreign"],
)
def test_damaged_index_is_named_put_aside_and_made_anew(
    root: Path, encoder: FakeEncoder, damage: Callable[[Path], None]
) -> None:
    for number in range(60):
        _write(root, f"{number}.md", f"# N{number}\n\nOne {number}.\n\n## H\n\nTwo {number}.")
    _settle(root)
    index_folder(root, encoder)
    catalog = Catalog(root)
    generation = catalog.generation()
    catalog.close()
    damage(catalog.path)
    with pytest.raises(CatalogDamaged, match=r"index\.db is damaged .*: run `kb index`"):
        _read_everything(catalog)
    assert index_folder(root, encoder).added == 60
    assert len(list((root / ".kb").glob("index.db.damaged-*[0-9]"))) == 1
    assert _state(root, encoder) == _fresh_state(root, encoder, root.parent)
    # An index derived from the lost catalogue must not take the new one for the old.
    with catalog.view() as view:
        assert view.changes_since(generation).reset
    assert index_folder(root, encoder).unchanged == 60


def test_damage_found_while_indexing_is_made_good_in_the_same_run(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        _write(root, f"{number}.md", f"# N{number}\n\nText {number}.")
    index_folder(root, encoder)
    _overwrite(root / ".kb" / "index.db")
    monkeypatch.setattr("kb.catalog.catalog._CHECKED_BYTES", 0)
    index_folder(root, encoder)
    assert _state(root, encoder) == _fresh_state(root, encoder, root.parent)


def test_truncated_index_is_noticed_without_reading_all_of_it(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        _write(root, f"{number}.md", f"# N{number}\n\nText {number}.")
    index_folder(root, encoder)
    monkeypatch.setattr("kb.catalog.catalog._CHECKED_BYTES", 0)
    _truncate(0.99)(root / ".kb" / "index.db")
    assert index_folder(root, encoder).added == 60


def test_damage_that_only_a_reader_meets_is_looked_for_by_the_next_run(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(root, "a.md", "# A\n\nText.")
    _settle(root)
    index_folder(root, encoder)
    monkeypatch.setattr("kb.catalog.catalog._CHECKED_BYTES", 0)
    with Catalog(root).change() as writer:
        writer._connection.execute("UPDATE vectors SET vector = x'00'")
    assert index_folder(root, encoder).unchanged == 1
    with pytest.raises(CatalogDamaged), Catalog(root).view() as view:
        view.vectors()
    assert index_folder(root, encoder).added == 1
    assert _state(root, encoder) == _fresh_state(root, encoder, root.parent)


def test_full_disk_keeps_what_was_there(root: Path, encoder: FakeEncoder) -> None:
    _write(root, "a.md", "# A\n\nText.")
    index_folder(root, encoder)
    before = _passages(root)
    _write(root, "b.md", "# B\n\n" + "\n\n".join(f"## H{n}\n\nText {n}." for n in range(200)))
    catalog = Catalog.open(root)
    with catalog.change() as writer:
        (pages,) = writer._connection.execute("PRAGMA page_count").fetchone()
        # SQLite says "database or disk is full" for this too.
        writer._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(CatalogError, match="disk is full"):
        sync(root, catalog, encoder)
    catalog.close()
    assert _passages(root) == before
    assert index_folder(root, encoder).added == 1


# Any sequence of changes ends where a fresh start would

_NAMES = st.sampled_from(["a.md", "b.md", "sub/a.md", "sub/c.md"])
_PARTS = st.sampled_from(
    ["First text.", "第二段。", "## Head", "## Is it?", "| x | y |\n|---|---|\n| 1 | 2 |", "#tag"]
)
_TEXTS = st.builds(
    lambda title, parts: title + "\n\n".join(parts),
    st.sampled_from(["", "# Title\n\n", "---\ntitle: T\ntags: [x]\n---\n"]),
    st.lists(_PARTS, max_size=4),
)
_STEPS = st.one_of(
    st.tuples(st.just("write"), _NAMES, _TEXTS),
    st.tuples(st.just("rename"), _NAMES, _NAMES),
    st.tuples(st.just("delete"), _NAMES, st.none()),
    st.tuples(st.just("index"), st.none(), st.none()),
    st.tuples(st.just("stop"), _NAMES, st.none()),
    st.tuples(st.just("rebuild"), st.none(), st.none()),
)


def _do(root: Path, encoder: FakeEncoder, step: tuple[str, Any, Any]) -> None:
    action, one, two = step
    file = root / (one or "")
    if action == "write":
        _write(root, one, two)
    elif action == "rename":
        (root / two).parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            file.rename(root / two)
    elif action == "delete":
        file.unlink(missing_ok=True)
    elif action in ("index", "rebuild"):
        index_folder(root, encoder, rebuild=action == "rebuild")
    else:
        _index_up_to(root, encoder, one)


def _index_up_to(root: Path, encoder: FakeEncoder, path: str) -> None:
    """Index, but stop when a note's turn comes, if it comes."""

    def stop(progress: Progress) -> None:
        if progress.note == path:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        index_folder(root, encoder, progress=stop)


@given(steps=st.lists(_STEPS, max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_sequence_of_changes_equals_a_fresh_start(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any, Any]]
) -> None:
    base = tmp_path_factory.mktemp("sequence")
    root = base / "notes"
    root.mkdir()
    encoder = FakeEncoder()
    derived: dict[int, tuple[str, str, tuple[str, ...], str]] = {}
    vectors: dict[int, bytes] = {}
    level = 0
    index_folder(root, encoder)
    for step in [*steps, ("index", None, None)]:
        _do(root, encoder, step)
        with Catalog(root).view() as view:
            changes = view.changes_since(level)
            if changes.reset:
                derived.clear()
                vectors.clear()
            for number in changes.removed.tolist():
                derived.pop(number, None)
                vectors.pop(number, None)
            for e in changes.entries:
                derived[e.id] = (e.title, e.text, e.tags, e.folder)
            for ids, matrix in view.iter_vectors(0 if changes.reset else level):
                assert not vectors.keys() & set(ids.tolist())
                vectors |= {n: row.tobytes() for n, row in zip(ids.tolist(), matrix, strict=True)}
            level = changes.generation
            everything = view.changes_since(0).entries
            assert derived == {e.id: (e.title, e.text, e.tags, e.folder) for e in everything}
            ids, matrix = view.vectors()
            rows = zip(ids.tolist(), matrix, strict=True)
            assert vectors == {number: row.tobytes() for number, row in rows}
    assert _state(root, encoder) == _fresh_state(root, encoder, base)


def test_note_error_in_reading_never_ends_a_run(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(root, "a.md", "# A\n\nText.")

    def read(*_a: Any, **_k: Any) -> str:
        raise NoteError("a.md: is odd")

    monkeypatch.setattr(drafting, "read_text", read)
    for rebuild in (False, True):
        report = index_folder(root, encoder, rebuild=rebuild)
        assert [(each.path, each.reason) for each in report.skipped] == [("a.md", "is odd")]


def _ten(root: Path) -> list[str]:
    for number in range(10):
        _write(root, f"n{number}.md", f"# N{number}\n\nText {number}.\n")
    return [f"n{number}.md" for number in range(10)]


def test_emptied_folder_does_not_empty_the_index(root: Path, encoder: FakeEncoder) -> None:
    names = _ten(root)
    index_folder(root, encoder)
    for name in names[:7]:
        (root / name).unlink()
    _write(root, "new.md", "# New\n")
    report = index_folder(root, encoder)
    assert (report.added, report.removed, report.missing) == (1, 0, tuple(names[:7]))
    # Back as they were: nothing is embedded, nothing is missing.
    _ten(root)
    before = encoder.embedded
    report = index_folder(root, encoder)
    assert (report.missing, report.removed, encoder.embedded) == ((), 0, before)


def test_missing_notes_are_dropped_when_told_so(root: Path, encoder: FakeEncoder) -> None:
    names = _ten(root)
    index_folder(root, encoder)
    for name in names[:7]:
        (root / name).unlink()
    assert index_folder(root, encoder, forget_missing=True).removed == 7
    assert index_folder(root, encoder).missing == ()


def test_half_of_the_notes_may_go_unasked(root: Path, encoder: FakeEncoder) -> None:
    names = _ten(root)
    index_folder(root, encoder)
    for name in names[:5]:
        (root / name).unlink()
    assert index_folder(root, encoder).removed == 5


def test_moved_notes_are_not_missing(root: Path, encoder: FakeEncoder) -> None:
    names = _ten(root)
    index_folder(root, encoder)
    (root / "below").mkdir()
    for name in names:
        (root / name).rename(root / "below" / name)
    report = index_folder(root, encoder)
    assert (report.renamed, report.missing) == (10, ())


def test_rebuild_of_an_emptied_folder_is_refused(root: Path, encoder: FakeEncoder) -> None:
    names = _ten(root)
    index_folder(root, encoder)
    for name in names:
        (root / name).unlink()
    with pytest.raises(NotesVanished, match="--forget-missing"):
        index_folder(root, encoder, rebuild=True)
    assert index_folder(root, encoder).missing == tuple(names)
    assert index_folder(root, encoder, rebuild=True, forget_missing=True).passages == 0
