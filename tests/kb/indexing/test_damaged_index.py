"""An index file that is damaged, and a disk that is full."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.catalog.catalog import Catalog
from kb.errors import CatalogDamaged, CatalogError
from kb.indexing.sync import index_folder, sync
from tests.kb.fake_encoder import FakeEncoder
from tests.kb.indexing.stored import checked_passages, fresh_state, settle, state, write


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
        write(root, f"{number}.md", f"# N{number}\n\nOne {number}.\n\n## H\n\nTwo {number}.")
    settle(root)
    index_folder(root, encoder)
    catalog = Catalog(root)
    generation = catalog.generation()
    catalog.close()
    damage(catalog.path)
    with pytest.raises(CatalogDamaged, match=r"index\.db is damaged .*: run `kb index`"):
        _read_everything(catalog)
    assert index_folder(root, encoder).added == 60
    assert len(list((root / ".kb").glob("index.db.damaged-*[0-9]"))) == 1
    assert state(root, encoder) == fresh_state(root, encoder, root.parent)
    # An index derived from the lost catalogue must not take the new one for the old.
    with catalog.view() as view:
        assert view.changes_since(generation).reset
    assert index_folder(root, encoder).unchanged == 60


def test_damage_found_while_indexing_is_made_good_in_the_same_run(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        write(root, f"{number}.md", f"# N{number}\n\nText {number}.")
    index_folder(root, encoder)
    _overwrite(root / ".kb" / "index.db")
    monkeypatch.setattr("kb.catalog.catalog._CHECKED_BYTES", 0)
    index_folder(root, encoder)
    assert state(root, encoder) == fresh_state(root, encoder, root.parent)


def test_truncated_index_is_noticed_without_reading_all_of_it(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        write(root, f"{number}.md", f"# N{number}\n\nText {number}.")
    index_folder(root, encoder)
    monkeypatch.setattr("kb.catalog.catalog._CHECKED_BYTES", 0)
    _truncate(0.99)(root / ".kb" / "index.db")
    assert index_folder(root, encoder).added == 60


def test_damage_that_only_a_reader_meets_is_looked_for_by_the_next_run(
    root: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, "a.md", "# A\n\nText.")
    settle(root)
    index_folder(root, encoder)
    monkeypatch.setattr("kb.catalog.catalog._CHECKED_BYTES", 0)
    with Catalog(root).change() as writer:
        writer._connection.execute("UPDATE vectors SET vector = x'00'")
    assert index_folder(root, encoder).unchanged == 1
    with pytest.raises(CatalogDamaged), Catalog(root).view() as view:
        view.vectors()
    assert index_folder(root, encoder).added == 1
    assert state(root, encoder) == fresh_state(root, encoder, root.parent)


def test_full_disk_keeps_what_was_there(root: Path, encoder: FakeEncoder) -> None:
    write(root, "a.md", "# A\n\nText.")
    index_folder(root, encoder)
    before = checked_passages(root)
    write(root, "b.md", "# B\n\n" + "\n\n".join(f"## H{n}\n\nText {n}." for n in range(200)))
    catalog = Catalog.open(root)
    with catalog.change() as writer:
        (pages,) = writer._connection.execute("PRAGMA page_count").fetchone()
        # SQLite says "database or disk is full" for this too.
        writer._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(CatalogError, match="disk is full"):
        sync(root, catalog, encoder)
    catalog.close()
    assert checked_passages(root) == before
    assert index_folder(root, encoder).added == 1
