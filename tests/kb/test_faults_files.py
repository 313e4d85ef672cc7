"""Files that are damaged: what is derived is made anew, what is not is named and left alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kb.config import Settings
from kb.doctor import index as doctor_index
from kb.errors import HistoryError
from qa.onnx_reader import READER_FOLDER, OnnxReader
from retrieval import tokenizer
from retrieval.errors import ModelError
from retrieval.manifest import read_manifest
from retrieval.onnx_encoder import OnnxEncoder
from retrieval.onnx_session import MODEL_FOLDER
from tests.damage import put
from tests.kb.faults import finds_everything, open_base, write_notes

Damage = Callable[[Path], object]
DAMAGES: dict[str, Damage] = {
    "gone": lambda path: path.unlink(),
    "empty": lambda path: put(path, b""),
    "half": lambda path: put(path, path.read_bytes()[: path.stat().st_size // 2]),
    "last byte": lambda path: put(path, path.read_bytes()[:-1]),
    "zeros": lambda path: put(path, bytes(path.stat().st_size)),
    "other": lambda path: put(path, b"\xff" * max(1, path.stat().st_size)),
}


def _is_written(path: Path) -> bool:
    return path.is_file() and not path.name.endswith(".lock")


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_any_damaged_file_of_the_lexical_index_costs_nothing(
    tmp_path: Path, damage: Damage
) -> None:
    write_notes(tmp_path)
    with closing(open_base(tmp_path)) as base:
        base.index()
    folder = tmp_path / ".kb" / "lexical"
    names = sorted(path.name for path in folder.iterdir() if _is_written(path))
    assert len(names) > 3
    for name in names:
        victim = folder / name
        if victim.exists():
            damage(victim)
        finds_everything(tmp_path)


def test_lexical_folder_that_is_a_file_costs_nothing(tmp_path: Path) -> None:
    write_notes(tmp_path)
    with closing(open_base(tmp_path)) as base:
        base.index()
    shutil.rmtree(tmp_path / ".kb" / "lexical")
    (tmp_path / ".kb" / "lexical").write_text("no folder")
    finds_everything(tmp_path)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_catalogue_is_made_anew_from_the_notes(tmp_path: Path, damage: Damage) -> None:
    write_notes(tmp_path)
    with closing(open_base(tmp_path)) as base:
        base.index()
    damage(tmp_path / ".kb" / "index.db")
    with closing(open_base(tmp_path)) as base:
        base.index()
    finds_everything(tmp_path)


@pytest.mark.parametrize("name", ["half", "zeros", "other"])
def test_a_damaged_history_is_named_and_left_alone_while_asking_goes_on(
    tmp_path: Path, name: str
) -> None:
    write_notes(tmp_path)
    with closing(open_base(tmp_path)) as base:
        base.index()
        for number in range(200):
            base.history.add_turn("c", f"question {number}", {"answer": None, "long": "x" * 200})
    history = tmp_path / ".kb" / "history.db"
    DAMAGES[name](history)
    damaged = history.read_bytes()
    with closing(open_base(tmp_path)) as base:
        for read in (base.history.answers, lambda: base.history.add_turn("c", "q", {})):
            with pytest.raises(HistoryError, match=r"history\.db is damaged.*move it away"):
                read()
        assert base.ask("What colour is room 1?").nearest
    assert history.read_bytes() == damaged
    finds_everything(tmp_path)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Give a folder that holds all bundled files, encoder's and reader's, each with its hash."""
    shutil.copytree(MODEL_FOLDER, tmp_path / "encoder")
    shutil.copytree(READER_FOLDER, tmp_path / "reader")
    return tmp_path


FILES = ["encoder/encoder.onnx", "encoder/words.onnx", "encoder/tokenizer.json",
         "reader/reader.onnx"]  # fmt: skip


@pytest.mark.parametrize("file", FILES)
def test_a_damaged_model_is_named_with_how_to_restore_it(models: Path, file: str) -> None:
    folder, name = models / file.partition("/")[0], file.partition("/")[2]
    whole = (models / file).read_bytes()
    for damage in DAMAGES.values():
        damage(models / file)
        with pytest.raises(ModelError, match=rf"{name} is damaged .*restore it: `pip install"):
            read_manifest(folder).path(name)
        (models / file).write_bytes(whole)
    flipped = bytearray(whole)
    flipped[len(flipped) // 2] ^= 1
    (models / file).write_bytes(flipped)
    tokenizer.load.cache_clear()
    with pytest.raises(ModelError, match=f"{name} is damaged"):
        OnnxReader(folder) if file.startswith("reader") else OnnxEncoder(folder)
    tokenizer.load.cache_clear()


@pytest.mark.parametrize("name", ["gone", "empty", "half", "zeros", "other"])
def test_a_damaged_manifest_is_named_with_how_to_restore_it(models: Path, name: str) -> None:
    DAMAGES[name](models / "encoder" / "manifest.json")
    with pytest.raises(ModelError, match=r"manifest\.json .*restore it: `pip install"):
        OnnxEncoder(models / "encoder")


def test_doctor_names_a_damaged_model(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_index, "READER_FOLDER", models / "reader")
    DAMAGES["zeros"](models / "reader" / "reader.onnx")
    [finding] = doctor_index.models(Settings.load(models))
    assert finding.level == "broken"
    assert "reader.onnx is damaged" in finding.message
