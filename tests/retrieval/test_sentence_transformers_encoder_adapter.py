import importlib
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import BertConfig, BertModel, BertTokenizerFast

from retrieval.errors import MissingPackage, ModelError
from retrieval.sentence_transformers_encoder import SentenceTransformersEncoder, prefixes

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] query passage : what is a model note 北 京 ##s ."
TEXTS = ["a note .", "what is a model note", "", "北京 is a note", "models", "a " * 300]


@pytest.fixture(scope="module")
def make_model(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Path]:
    def make(seed: int = 0, name: str = "tiny", prompts: dict[str, str] | None = None) -> Path:
        root = tmp_path_factory.mktemp("model")
        (root / "vocab.txt").write_text("\n".join(WORDS.split()), encoding="utf-8")
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(WORDS.split()),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=32,
        )
        BertModel(config).save_pretrained(root / "bert")
        BertTokenizerFast(str(root / "vocab.txt")).save_pretrained(root / "bert")
        body = Transformer(str(root / "bert"), max_seq_length=24)
        modules = [body, Pooling(16, pooling_mode="cls")]
        SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(root / name))
        return root / name

    return make


@pytest.fixture(scope="module")
def folder(make_model: Callable[..., Path]) -> Path:
    return make_model()


@pytest.fixture(scope="module")
def encoder(folder: Path) -> SentenceTransformersEncoder:
    return SentenceTransformersEncoder(str(folder))


def lengths(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.linalg.norm(vectors, axis=1)


def test_vectors_have_unit_length_in_float32(encoder: SentenceTransformersEncoder) -> None:
    for vectors in (encoder.encode_queries(TEXTS), encoder.encode_passages(TEXTS)):
        assert vectors.shape == (len(TEXTS), encoder.dimension) == (len(TEXTS), 16)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(lengths(vectors), 1, atol=1e-6)


def test_vectors_keep_the_order_of_their_texts(encoder: SentenceTransformersEncoder) -> None:
    together = encoder.encode_passages(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(encoder.encode_passages([text])[0], vector, atol=1e-5)


def test_vectors_are_the_models_own(encoder: SentenceTransformersEncoder, folder: Path) -> None:
    plain = SentenceTransformer(str(folder), device="cpu").encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode_queries(TEXTS), plain, atol=1e-5)


def test_no_texts_give_no_vectors(encoder: SentenceTransformersEncoder) -> None:
    assert encoder.encode_queries([]).shape == encoder.encode_passages([]).shape == (0, 16)


def test_tokens_are_counted_without_specials(encoder: SentenceTransformersEncoder) -> None:
    assert encoder.max_tokens == 24
    assert encoder.count_tokens("") == 0
    assert encoder.count_tokens("models 北京 .") == 5
    assert encoder.count_tokens("a " * 300) == 300


def test_own_prompts_stand_before_the_texts(make_model: Callable[..., Path]) -> None:
    prompts = {"query": "what is ", "passage": "note : "}
    encoder = SentenceTransformersEncoder(str(make_model(prompts=prompts)))
    bare = SentenceTransformersEncoder(str(make_model()))
    asked, written = encoder.encode_queries(["a model"]), encoder.encode_passages(["a model"])
    np.testing.assert_allclose(asked, bare.encode_queries(["what is a model"]), atol=1e-6)
    np.testing.assert_allclose(written, bare.encode_passages(["note : a model"]), atol=1e-6)


def test_e5_without_prompts_of_its_own_gets_those_of_its_training(
    make_model: Callable[..., Path],
) -> None:
    encoder = SentenceTransformersEncoder(str(make_model(name="multilingual-e5-tiny")))
    bare = SentenceTransformersEncoder(str(make_model()))
    asked, written = encoder.encode_queries(["a model"]), encoder.encode_passages(["a model"])
    np.testing.assert_allclose(asked, bare.encode_queries(["query: a model"]), atol=1e-6)
    np.testing.assert_allclose(written, bare.encode_passages(["passage: a model"]), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "prompts", "expected"),
    [
        ("intfloat/multilingual-e5-small", {}, ("query: ", "passage: ")),
        ("intfloat/e5-base-v2", {"query": "", "document": ""}, ("query: ", "passage: ")),
        ("intfloat/e5-base-v2", {"query": "q: "}, ("q: ", "")),
        ("intfloat/multilingual-e5-large-instruct", {}, ("", "")),
        ("BAAI/bge-small-zh", {}, ("", "")),
        ("me/source5-mini", {}, ("", "")),
        ("some/model", {"query": "Q ", "document": "D ", "passage": "P "}, ("Q ", "D ")),
    ],
)
def test_prefixes(name: str, prompts: dict[str, str], expected: tuple[str, str]) -> None:
    assert prefixes(name, prompts) == expected


def test_prefixes_fall_back_on_the_default_prompt() -> None:
    assert prefixes("some/model", {"retrieval": "R "}, "retrieval") == ("R ", "R ")


def test_fingerprint_follows_weights_and_prompts_but_not_the_place(
    make_model: Callable[..., Path], folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "tiny")
    mine = SentenceTransformersEncoder(str(folder)).fingerprint
    assert SentenceTransformersEncoder(str(tmp_path / "tiny")).fingerprint == mine
    assert SentenceTransformersEncoder(str(make_model(seed=1))).fingerprint != mine
    prompted = make_model(prompts={"query": "what "})
    assert SentenceTransformersEncoder(str(prompted)).fingerprint != mine


@pytest.mark.parametrize(
    "name", ["no/such-model", "/no/such/folder", "./nowhere", "a/b/c", "", "bad name"]
)
def test_unknown_model_is_one_clear_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError) as caught:
        SentenceTransformersEncoder(name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_folder_of_something_else_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{not json", encoding="utf-8")
    with pytest.raises(ModelError, match=r"cannot open the folder [^\n]+\Z"):
        SentenceTransformersEncoder(str(tmp_path))


def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "retrieval.sentence_transformers_encoder"
    monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingPackage, match=r"transformers: pip install 'notes-kb\[models\]'"):
        importlib.import_module(module)
