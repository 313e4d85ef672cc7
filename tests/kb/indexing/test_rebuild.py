"""A new encoder needs a rebuild; until it is whole the old state is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.catalog.catalog import Catalog
from kb.errors import EncoderChanged
from kb.indexing.sync import Progress, index_folder
from tests.kb.fake_encoder import FakeEncoder
from tests.kb.indexing.stored import fresh_state, state, write


def test_another_encoder_needs_a_rebuild(root: Path, encoder: FakeEncoder) -> None:
    write(root, "a.md", "# A\n\nText.")
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
    assert state(root, other) == fresh_state(root, other, root.parent)


def test_another_encoder_needs_no_rebuild_when_nothing_is_indexed(
    root: Path, encoder: FakeEncoder
) -> None:
    index_folder(root, encoder)
    write(root, "a.md", "# A\n\nText.")
    other = FakeEncoder("fake-2", dimension=16)
    assert index_folder(root, other).added == 1
    assert state(root, other) == fresh_state(root, other, root.parent)


def test_rebuild_embeds_everything_again_and_readers_keep_the_old_state(
    root: Path, encoder: FakeEncoder
) -> None:
    for number in range(5):
        write(root, f"{number}.md", f"# N\n\nText {number}.")
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
    assert state(root, encoder) == fresh_state(root, encoder, root.parent)


def test_stopped_rebuild_keeps_the_old_state_and_is_taken_up(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        write(root, f"{number}.md", f"# N{number}\n\nText {number}.")
    index_folder(root, encoder)
    monkeypatch.setattr("kb.indexing.rebuild.BATCH_TEXTS", 2)
    before = state(root, encoder)
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
    assert state(root, other) == fresh_state(root, FakeEncoder("fake-2"), root.parent)
    index_folder(root, encoder, rebuild=True)
    assert state(root, encoder) == before


def test_plain_run_drops_what_a_stopped_rebuild_left(root: Path, encoder: FakeEncoder) -> None:
    for number in range(4):
        write(root, f"{number}.md", f"# N{number}\n\nText {number}.")
    index_folder(root, encoder)

    def stop(progress: Progress) -> None:
        if progress.stage == "storing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_folder(root, FakeEncoder("fake-2"), rebuild=True, progress=stop)
    index_folder(root, encoder)
    assert state(root, encoder) == fresh_state(root, encoder, root.parent)
