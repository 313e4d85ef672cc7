import shutil
from pathlib import Path
from typing import Any

import pytest

from qa.errors import TrainingError
from qa.mixture import Source
from qa.squad import Example, write_squad
from qa.train import Run, Trainer, read_run
from qa.training import parameter_groups
from retrieval import tokenizer
from retrieval.onnx_session import MODEL_FOLDER

pytest.importorskip("torch", reason="training needs the extra `models`")

OPTIMISER = {
    "learning_rate": 1e-3, "head_learning_rate": 1e-2, "layer_decay": 0.5,
    "weight_decay": 0.01, "warmup_steps": 2, "clip": 1.0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Timed anew for each run, the faster precision would differ from one to the next."""
    import torch

    monkeypatch.setattr("qa.train.fastest_precision", lambda *_: torch.float32)


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backbone with two tiny layers and the bundled tokenizer."""
    from transformers import BertConfig, BertForQuestionAnswering

    folder = tmp_path_factory.mktemp("backbone")
    shutil.copy(MODEL_FOLDER / "tokenizer.json", folder)
    words = tokenizer.load(folder / "tokenizer.json").get_vocab_size()
    config = BertConfig(
        vocab_size=words, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=64,
    )  # fmt: skip
    BertForQuestionAnswering(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    rows = [
        Example(f"{at}", f"Who owns house {at}?", f"House {at} is Ann's.", f"t{at}", (("Ann", 0),))
        for at in range(120)
    ]
    rows = [
        Example(row.id, row.question, row.context, row.title, (("Ann", row.context.index("Ann")),))
        for row in rows
    ]
    write_squad(folder / "some.json", rows)
    return folder


def trainer(backbone: Path, data: Path, out: Path) -> Trainer:
    run = Run(3, 64, 120, 0.5, 1, OPTIMISER, (Source("some.json"),))
    return Trainer(run, data, backbone, out)


def weights(one: Trainer) -> dict[str, Any]:
    return {name: value.clone() for name, value in one.model.state_dict().items()}


def take(one: Trainer, steps: int) -> None:
    for _ in one.advance(steps, falling=False):
        pass


def test_a_run_that_stopped_goes_on_as_if_it_had_not(
    backbone: Path, data: Path, tmp_path: Path
) -> None:
    whole = trainer(backbone, data, tmp_path / "whole")
    take(whole, 6)
    stopped = trainer(backbone, data, tmp_path / "stopped")
    take(stopped, 3)
    stopped.checkpoint()
    resumed = trainer(backbone, data, tmp_path / "stopped")
    assert resumed.step == 3
    take(resumed, 3)
    expected = weights(whole)
    assert expected.keys() == weights(resumed).keys()
    for name, value in weights(resumed).items():
        # A key's bias shifts all attention scores of a row alike: its gradient is rounding noise,
        # which Adam blows up to full steps.
        if not name.endswith("key.bias"):
            assert (value - expected[name]).abs().max() < 1e-4, name


def test_advance_learns_and_leaves_the_word_table(
    backbone: Path, data: Path, tmp_path: Path
) -> None:
    one = trainer(backbone, data, tmp_path / "run")
    before = weights(one)
    losses = [row["loss"] for row in one.advance(50, falling=True)]
    after = weights(one)
    assert losses[-1] < losses[0]
    table = "bert.embeddings.word_embeddings.weight"
    assert bool((before[table] == after[table]).all())
    assert not bool((before["qa_outputs.weight"] == after["qa_outputs.weight"]).all())


def test_parameter_groups_give_lower_layers_lower_rates(
    backbone: Path, data: Path, tmp_path: Path
) -> None:
    one = trainer(backbone, data, tmp_path / "run")
    groups = parameter_groups(one.model, OPTIMISER)
    rates = sorted({group["lr"] for group in groups})
    # Embeddings, the two layers, each twice the one below; the head its own.
    assert rates == pytest.approx([0.25e-3, 0.5e-3, 1e-3, 1e-2])
    frozen = one.model.bert.embeddings.word_embeddings.weight
    assert all(group["params"][0] is not frozen for group in groups)


@pytest.mark.parametrize(
    "text",
    ["seed = ", "seed = 1", "seed = 1\n[[source]]\nfile = 'a'\nspeed = 2"],
    ids=["not TOML", "no source", "unknown setting"],
)
def test_read_run_names_the_file_that_is_wrong(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TrainingError, match=r"bad\.toml"):
        read_run(path)


@pytest.mark.parametrize("name", ["first", "second", "third"])
def test_read_run_reads_the_runs_we_ship(name: str) -> None:
    run = read_run(Path(__file__).parents[2] / "qa" / "runs" / f"{name}.toml")
    assert run.sources
    assert set(run.optimiser) == set(OPTIMISER)
