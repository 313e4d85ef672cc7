"""Rounding weights by what goes into them."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval import bert_graph, quantization
from retrieval.dequantise import body_weights, read_constants
from retrieval.quantization import LEVELS, Statistics

WIDTH, INNER, HEADS = 32, 64, 4
Texts = list[tuple[NDArray[np.float32], NDArray[np.int32]]]


def _tokens(seed: int, count: int = 400) -> NDArray[np.float32]:
    """Return correlated tokens, as a layer's are."""
    generator = np.random.default_rng(seed)
    mixing = generator.normal(size=(WIDTH // 4, WIDTH))
    noise = 0.1 * generator.normal(size=(count, WIDTH))
    return _f32(generator.normal(size=(count, WIDTH // 4)) @ mixing + noise)


def _product(rounded: quantization.Rounded, tokens: NDArray[np.float32]) -> NDArray[np.float32]:
    divisors = 1.0 if rounded.divisors is None else rounded.divisors
    return _f32((tokens / divisors) @ (rounded.levels * rounded.scales[:, None]).T)


def test_calibrated_products_are_nearer_than_those_of_plain_rounding() -> None:
    weight = np.random.default_rng(1).normal(size=(24, WIDTH)).astype(np.float32)
    seen = Statistics.of(_tokens(2)).with_more(Statistics.of(_tokens(3)))
    unseen = _tokens(2)[:100]
    plain = _product(quantization.nearest(weight), unseen) - unseen @ weight.T
    ours = _product(quantization.calibrated(weight, seen, divide=True), unseen) - unseen @ weight.T
    assert np.square(ours).mean() < 0.5 * np.square(plain).mean()


def test_with_more_equals_statistics_of_all() -> None:
    one, other = _tokens(4), _tokens(5)
    joined, whole = (
        Statistics.of(one).with_more(Statistics.of(other)),
        Statistics.of(np.concatenate([one, other])),
    )
    np.testing.assert_array_equal(joined.largest, whole.largest)
    np.testing.assert_allclose(joined.moment, whole.moment, rtol=1e-4, atol=1e-2)


def test_outlier_divisors_bring_outliers_to_the_ordinary_and_leave_others() -> None:
    largest = np.ones(100, np.float32)
    assert quantization.outlier_divisors(largest) is None
    largest[7] = 40.0
    divisors = quantization.outlier_divisors(largest)
    assert divisors is not None
    assert divisors[7] == 40.0
    assert np.delete(divisors, 7).max() == 1.0


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e4])
def test_levels_stay_within_seven_bits(scale: float) -> None:
    weight = scale * np.random.default_rng(6).normal(size=(8, WIDTH)).astype(np.float32)
    seen = Statistics.of(_tokens(7))
    for rounded in (
        quantization.nearest(weight),
        quantization.calibrated(weight, seen, divide=False),
    ):
        assert np.abs(rounded.levels.astype(int)).max() <= LEVELS


def _weights() -> bert_graph.Weights:
    generator = np.random.default_rng(8)

    def linear(name: str, outputs: int, inputs: int) -> bert_graph.Weights:
        weight = generator.normal(size=(outputs, inputs)) / np.sqrt(inputs)
        bias = 0.1 * generator.normal(size=outputs)
        return {f"{name}.weight": _f32(weight), f"{name}.bias": _f32(bias)}

    def norm(name: str) -> bert_graph.Weights:
        gain = np.ones(WIDTH)
        if "attention" in name:
            gain[3] = 30.0  # an outlier channel, as trained models have
        return {f"{name}.weight": _f32(gain), f"{name}.bias": _f32(np.zeros(WIDTH))}

    found = {
        "embeddings.position_embeddings.weight": _f32(generator.normal(size=(16, WIDTH))),
        "embeddings.token_type_embeddings.weight": _f32(np.zeros((2, WIDTH))),
        **norm("embeddings.LayerNorm"),
    }
    for part in ("query", "key", "value"):
        found |= linear(f"encoder.layer.0.attention.self.{part}", WIDTH, WIDTH)
    found |= linear("encoder.layer.0.attention.output.dense", WIDTH, WIDTH)
    found |= norm("encoder.layer.0.attention.output.LayerNorm")
    found |= linear("encoder.layer.0.intermediate.dense", INNER, WIDTH)
    found |= linear("encoder.layer.0.output.dense", WIDTH, INNER)
    return found | norm("encoder.layer.0.output.LayerNorm")


def _f32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return values.astype(np.float32)


def _texts() -> Texts:
    generator = np.random.default_rng(9)
    mask = np.ones((4, 12), np.int32)
    mask[1, 7:] = 0
    return [(_f32(generator.normal(size=(4, 12, WIDTH))), mask) for _ in range(6)]


def _written(
    path: Path, precision: bert_graph.Precision, statistics: dict[str, Statistics]
) -> Path:
    graph = bert_graph.Graph(precision, statistics)
    hidden = bert_graph.body(graph, _weights(), HEADS, 1e-12)
    model = bert_graph.finish(graph, hidden, ["rows", "tokens", WIDTH], WIDTH)
    path.write_bytes(model.SerializeToString())
    return path


def _hidden(path: Path, texts: Texts) -> NDArray[np.float32]:
    from retrieval.onnx_session import onnxruntime

    words, mask = texts[0]
    (found,) = onnxruntime.InferenceSession(path).run(None, {"words": words, "mask": mask})
    return np.asarray(found)[mask.astype(bool)]


def test_int8_body_with_statistics_is_nearer_to_fp32(tmp_path: Path) -> None:
    texts = _texts()
    statistics = bert_graph.observe(_weights(), HEADS, 1e-12, texts)
    assert len(statistics) == 4
    exact = _hidden(_written(tmp_path / "fp32.onnx", "fp32", {}), texts)
    plain = _hidden(_written(tmp_path / "int8.onnx", "int8", {}), texts)
    ours = _hidden(_written(tmp_path / "calibrated.onnx", "int8", statistics), texts)
    assert np.square(ours - exact).mean() < 0.5 * np.square(plain - exact).mean()


def test_body_weights_of_a_calibrated_body_are_the_written_ones(tmp_path: Path) -> None:
    statistics = bert_graph.observe(_weights(), HEADS, 1e-12, _texts())
    constants = read_constants(_written(tmp_path / "body.onnx", "int8", statistics))
    assert any(name.endswith(".factors") for name in constants)
    found = body_weights(constants)
    for name, value in _weights().items():
        largest = np.abs(value).max()
        np.testing.assert_allclose(found[name], value, atol=0.2 * largest, err_msg=name)
        if value.ndim == 2 and "layer" in name:
            assert np.corrcoef(found[name].ravel(), value.ravel())[0, 1] > 0.98
