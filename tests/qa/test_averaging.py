from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from qa.averaging import average
from qa.errors import ReaderError


def reader(folder: Path, value: float, width: int = 3) -> Path:
    folder.mkdir()
    save_file({"layer": np.full((2, width), value, np.float32)}, folder / "model.safetensors")
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    return folder


def test_average_weighs_by_share(tmp_path: Path) -> None:
    one, other = reader(tmp_path / "one", 1.0), reader(tmp_path / "other", 5.0)
    average({one: 1.0, other: 3.0}, tmp_path / "mean")
    mean = load_file(tmp_path / "mean" / "model.safetensors")["layer"]
    np.testing.assert_allclose(mean, np.full((2, 3), 4.0))
    assert (tmp_path / "mean" / "config.json").is_file()


def test_average_refuses_other_shapes_and_shares(tmp_path: Path) -> None:
    one, other = reader(tmp_path / "one", 1.0), reader(tmp_path / "other", 1.0, width=4)
    with pytest.raises(ReaderError, match="different shapes"):
        average({one: 1.0, other: 1.0}, tmp_path / "mean")
    with pytest.raises(ValueError, match="positive"):
        average({one: 0.0}, tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
