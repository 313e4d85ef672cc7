import shutil
from pathlib import Path

import pytest

from qa.errors import TrainingError
from qa.squad import Example, write_squad
from retrieval import tokenizer
from retrieval.onnx_session import MODEL_FOLDER

torch = pytest.importorskip("torch", reason="training needs the extra `models`")

from qa.contrast import Source  # noqa: E402
from qa.train_encoder import EncoderTraining, Run, contrastive_loss, read_run  # noqa: E402
from tests.kb.fake_encoder import FakeEncoder  # noqa: E402

OPTIMISER = {
    "learning_rate": 3e-3, "head_learning_rate": 0.0, "layer_decay": 1.0,
    "weight_decay": 0.0, "warmup_steps": 1, "clip": 1.0,
}  # fmt: skip
HOUSES = ("red", "blue", "green", "white", "black", "round", "tall", "old")
STUFF = ("stone", "brick", "clay", "wood", "straw", "glass", "iron", "paper")


@pytest.fixture(autouse=True)
def no_timing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.train_encoder.fastest_precision", lambda *_: torch.float32)
    monkeypatch.setattr("qa.train_encoder.load_encoder", FakeEncoder)


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder with two tiny layers and the bundled tokenizer."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("backbone")
    shutil.copy(MODEL_FOLDER / "tokenizer.json", folder)
    (folder / "tokenizer_config.json").write_text("{}")
    words = tokenizer.load(folder / "tokenizer.json").get_vocab_size()
    config = BertConfig(
        vocab_size=words, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    rows: list[Example] = []
    for at in range(40):
        house, stuff = HOUSES[at % 8], STUFF[at % 8]
        context = f"The {house} house {at} is of {stuff}."
        answers = ((stuff, context.index(stuff)),)
        rows.append(Example(f"{at}", f"What is the {house} house of?", context, f"t{at}", answers))
    write_squad(folder / "some.json", rows)
    return folder


def training(backbone: Path, data: Path, out: Path) -> EncoderTraining:
    run = Run(3, 32, 2, 8, 2, 0.05, 0.0, OPTIMISER, (Source("some.json"),))
    return EncoderTraining(run, data, backbone, out)


def test_contrastive_loss_is_that_of_the_own_passage() -> None:
    questions = torch.tensor([[1.0, 0.0]])
    passages = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    none = torch.zeros((1, 3), dtype=torch.bool)
    own = torch.tensor([0])
    # Two passages score e^1, one e^0.
    expected = torch.log(2 * torch.tensor(1.0).exp() + 1) - 1
    assert float(contrastive_loss(questions, passages, own, none, 1.0)) == pytest.approx(expected)
    excused = torch.tensor([[False, False, True]])
    expected = torch.log(torch.tensor(1.0).exp() + 1) - 1
    assert float(contrastive_loss(questions, passages, own, excused, 1.0)) == pytest.approx(
        expected
    )


def test_advance_learns_and_leaves_the_word_table(
    backbone: Path, data: Path, tmp_path: Path
) -> None:
    one = training(backbone, data, tmp_path / "run")
    table = one.model.embeddings.word_embeddings.weight.clone()
    batch = one.batch(0)
    before = one.loss(batch, torch.float32)[0].item()
    for _ in one.advance(30, falling=True):
        pass
    assert one.loss(batch, torch.float32)[0].item() < before
    assert bool((one.model.embeddings.word_embeddings.weight == table).all())


def test_embed_keeps_the_order_whatever_the_lengths(
    backbone: Path, data: Path, tmp_path: Path
) -> None:
    one = training(backbone, data, tmp_path / "run")
    texts = [f"house {'stone ' * (at * 7 % 13)}" for at in range(30)]
    together = one.embed(texts, torch.float32)
    for at, text in enumerate(texts):
        alone = one.embed([text], torch.float32)[0]
        assert torch.allclose(together[at], alone, atol=1e-5)


def test_a_run_that_stopped_goes_on_from_its_step(
    backbone: Path, data: Path, tmp_path: Path
) -> None:
    one = training(backbone, data, tmp_path / "run")
    list(one.advance(2, falling=False))
    one.checkpoint()
    again = training(backbone, data, tmp_path / "run")
    assert again.step == 2
    weight = "encoder.layer.1.output.dense.weight"
    assert torch.equal(one.model.state_dict()[weight], again.model.state_dict()[weight])


def test_write_makes_a_folder_that_transformers_opens(
    backbone: Path, data: Path, tmp_path: Path
) -> None:
    from transformers import BertModel

    one = training(backbone, data, tmp_path / "run")
    one.write(backbone)
    folder = tmp_path / "run" / "trained"
    opened = BertModel.from_pretrained(folder, add_pooling_layer=False)
    assert opened.config.hidden_size == 16
    assert (folder / "tokenizer.json").exists()


def test_read_run_names_the_file_that_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text("seed = 1\n")
    with pytest.raises(TrainingError, match=r"run\.toml"):
        read_run(path)


def test_read_run_reads_the_one_that_is_documented() -> None:
    run = read_run(Path("qa/runs/encoder_first.toml"))
    assert run.batch % run.cluster == 0
    assert run.sources
