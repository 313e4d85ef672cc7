from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from kb.config import Settings
from kb.errors import ExtraMissing
from kb.indexing.passage_index import PassageIndex
from kb.knowledge import KnowledgeBase
from kb.models import Models
from kb.store.passage_store import PassageStore
from tests.kb.fake_encoder import FakeEncoder


def base_of(folder: Path, store: str | None) -> KnowledgeBase:
    (folder / "a.md").write_text("# Ohm\n\nOhm's law was found in 1827.")
    return KnowledgeBase(Models(Settings.load(folder, store=store), FakeEncoder()))


def test_store_is_embedded_unless_one_is_set(tmp_path: Path) -> None:
    base = base_of(tmp_path, None)
    base.index()
    store: PassageStore = base._passages
    assert isinstance(store, PassageIndex)
    base.close()


def test_missing_packages_are_named_with_their_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr("kb.web.extras.find_spec", lambda n: None if n == "pymilvus" else find(n))
    base = base_of(tmp_path, "http://127.0.0.1:19530")
    with pytest.raises(ExtraMissing, match=r"KB_STORE.*pymilvus.*notes-kb\[milvus\]"):
        base.index()
