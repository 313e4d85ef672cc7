import json
from pathlib import Path

import numpy as np
import pytest

from retrieval.centring import CENTRES_FILE, Centres
from retrieval.errors import ModelError
from retrieval.manifest import read_manifest
from retrieval.onnx_session import MODEL_FOLDER
from tests.retrieval.centres import CENTRES, vector


def test_similarity_is_the_cosine_of_both_less_their_centres() -> None:
    generator = np.random.default_rng(1)
    passages = generator.normal(size=(5, 4)).astype(np.float32)
    passages /= np.linalg.norm(passages, axis=1, keepdims=True)
    question = vector("什么是注意力？")
    neutral = CENTRES.neutral("zh", question)
    found = CENTRES.similarity(
        "zh", "en", neutral, passages @ neutral, passages @ CENTRES.passages["en"]
    )
    shifted = passages - CENTRES.passages["en"]
    naive = shifted @ neutral / np.linalg.norm(shifted, axis=1) / np.linalg.norm(neutral)
    np.testing.assert_allclose(found, naive, atol=1e-5)


def test_similarity_is_put_on_the_scale_of_the_question_s_language() -> None:
    scaled = Centres(CENTRES.questions, CENTRES.passages, {"en": (0.7, 0.2), "zh": (0.8, 0.1)})
    inner, along = np.array([0.3], np.float32), np.array([0.9], np.float32)
    query = vector("attention")
    plain = CENTRES.similarity("zh", "en", query, inner, along)
    np.testing.assert_allclose(
        scaled.similarity("zh", "en", query, inner, along), 0.8 + 0.1 * plain, atol=1e-6
    )


def test_places_are_told_by_the_centres() -> None:
    along = np.array(
        [CENTRES.passages[name] @ CENTRES.towards_chinese for name in ("en", "zh")], np.float32
    )
    np.testing.assert_allclose(CENTRES.places(along), [-1, 1], atol=1e-6)


def test_load_gives_the_bundled_encoder_its_centres_and_another_none() -> None:
    bundled = f"multilingual-e5-small-{read_manifest(MODEL_FOLDER).fingerprint}"
    centres = Centres.load(bundled)
    assert centres is not None, "run python -m qa.centres DATA: the encoder has changed"
    assert {each.shape for each in (*centres.questions.values(), *centres.passages.values())} == {
        (384,)
    }
    assert Centres.load("another") is None


@pytest.mark.parametrize("content", ["", "{}", '{"encoder": "x", "questions": 3}'])
def test_load_refuses_a_damaged_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "centres.json"
    path.write_text(content)
    with pytest.raises(ModelError, match="centres"):
        Centres.load("x", path)
    assert json.loads(CENTRES_FILE.read_text())["encoder"]


def test_load_without_a_file_is_none(tmp_path: Path) -> None:
    assert Centres.load("x", tmp_path / "centres.json") is None
