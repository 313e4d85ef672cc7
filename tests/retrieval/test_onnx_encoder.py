from pathlib import Path

import numpy as np
import pytest

from retrieval import tokenizer
from retrieval.errors import ModelError
from retrieval.manifest import read_manifest, record_file, write_manifest
from retrieval.onnx_encoder import OnnxEncoder, batches
from retrieval.onnx_session import MODEL_FOLDER


@pytest.fixture(scope="module")
def encoder() -> OnnxEncoder:
    return OnnxEncoder()


def test_encoder_gives_unit_vectors_in_order(encoder: OnnxEncoder) -> None:
    texts = ["short", "a much longer text about rivers " * 20, "中文"]
    vectors = encoder.encode_passages(texts)
    assert vectors.shape == (3, encoder.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encoder.encode_passages([text]) for text in texts])
    assert (np.sum(vectors * alone, axis=1) > 0.99).all()


@pytest.mark.parametrize(
    "question", ["How do plants make sugar from light?", "植物如何用光制造糖分？"], ids=["en", "zh"]
)
def test_a_question_is_nearest_to_its_passage_in_both_languages(
    encoder: OnnxEncoder, question: str
) -> None:
    passages = ["Photosynthesis turns light into sugar.", "The stock market fell.", "足球比赛。"]
    scores = encoder.encode_passages(passages) @ encoder.encode_queries([question])[0]
    assert int(np.argmax(scores)) == 0


def test_encoder_without_texts_gives_no_vectors(encoder: OnnxEncoder) -> None:
    assert encoder.encode_queries([]).shape == (0, encoder.dimension)


def test_encoder_cuts_what_is_too_long(encoder: OnnxEncoder) -> None:
    assert encoder.encode_passages(["长" * 5000]).shape == (1, encoder.dimension)


def test_batches_cover_every_text_once_within_the_budget() -> None:
    lengths = [5, 300, 7, 7, 120, 1, 2000]
    found = batches(lengths, 600)
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or max(lengths[index] for index in batch) * len(batch) <= 600


def test_bundled_model_agrees_with_its_source_and_its_manifest() -> None:
    manifest = read_manifest(MODEL_FOLDER)
    manifest.verify()
    assert manifest.facts["cosine_to_fp32_en"]["mean"] >= 0.99
    assert manifest.facts["cosine_to_fp32_zh"]["mean"] >= 0.99
    assert sum(size for size, _ in manifest.files.values()) <= 50_000_000


@pytest.mark.parametrize(
    "text", ["Hello world", "自注意力機制", "naïve café", "ΑΒ ひら 한글 ไทย", "👍"]
)
def test_tokenizer_knows_every_character(text: str) -> None:
    assert tokenizer.UNK not in tokenizer.load().encode(text, add_special_tokens=False).ids


def test_a_truncated_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "encoder.onnx").write_bytes(b"12345")
    write_manifest(tmp_path, ["encoder.onnx"], {})
    (tmp_path / "encoder.onnx").write_bytes(b"123")
    with pytest.raises(ModelError, match=r"encoder\.onnx is damaged \(3 bytes instead of 5\)"):
        read_manifest(tmp_path).path("encoder.onnx")
    (tmp_path / "encoder.onnx").write_bytes(b"54321")
    with pytest.raises(ModelError, match="damaged"):
        read_manifest(tmp_path).verify()


def test_a_file_whose_content_changed_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "encoder.onnx").write_bytes(b"12345")
    write_manifest(tmp_path, ["encoder.onnx"], {})
    (tmp_path / "encoder.onnx").write_bytes(b"12x45")
    with pytest.raises(ModelError, match=r"encoder\.onnx is damaged .*git checkout"):
        read_manifest(tmp_path).path("encoder.onnx")


def test_recording_a_file_leaves_the_others_as_recorded(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    before = write_manifest(tmp_path, ["a"], {"x": 1})
    (tmp_path / "a").write_bytes(b"2")
    (tmp_path / "b").write_bytes(b"3")
    record_file(tmp_path, "b")
    after = read_manifest(tmp_path)
    assert (after.files["a"], after.facts) == (before.files["a"], {"x": 1})
    assert after.path("b").read_bytes() == b"3"
    assert after.fingerprint_of("a") == before.fingerprint != after.fingerprint
    with pytest.raises(ModelError, match="damaged"):
        after.verify()
