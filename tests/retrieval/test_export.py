from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import ModelError
from retrieval.export import sample_sentences, trained_weights

safetensors = pytest.importorskip("safetensors.numpy", reason="needs the extra `models`")

TABLE = "embeddings.word_embeddings.weight"
BEGUN = {
    TABLE: np.arange(6, dtype=np.float32).reshape(3, 2),
    "encoder.layer.0.output.dense.weight": np.ones((2, 2), np.float32),
}


def saved(folder: Path, weights: dict[str, np.ndarray]) -> Path:
    safetensors.save_file(weights, folder / "model.safetensors")
    return folder


def test_trained_weights_are_those_of_the_folder(tmp_path: Path) -> None:
    went_on = BEGUN | {"encoder.layer.0.output.dense.weight": np.full((2, 2), 2, np.float32)}
    found = trained_weights(saved(tmp_path, went_on), BEGUN)
    assert (found["encoder.layer.0.output.dense.weight"] == 2).all()


def test_trained_weights_refuse_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model\.safetensors"):
        trained_weights(tmp_path, BEGUN)


def test_trained_weights_refuse_another_shape(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="another model"):
        trained_weights(saved(tmp_path, {TABLE: BEGUN[TABLE]}), BEGUN)


def test_trained_weights_refuse_a_table_that_moved(tmp_path: Path) -> None:
    # The reader looks its words up in the same table.
    with pytest.raises(ModelError, match="word table"):
        trained_weights(saved(tmp_path, BEGUN | {TABLE: BEGUN[TABLE] + 1}), BEGUN)


def test_sample_sentences_are_spread_over_the_file(tmp_path: Path) -> None:
    parts = [{"context": f"This is {at}. And more."} for at in range(10)]
    path = tmp_path / "some.json"
    path.write_text('{"data": [{"paragraphs": ' + str(parts).replace("'", '"') + "}]}")
    assert sample_sentences(path, "en", 3) == ["This is 0", "This is 3", "This is 6"]
