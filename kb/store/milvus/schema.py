"""The two collections: passages, and what is known of each base."""

# pyright: reportMissingImports=false

from __future__ import annotations

from typing import Final

from pymilvus import CollectionSchema, DataType, Function, FunctionType, MilvusClient
from pymilvus.milvus_client.index import IndexParams

from kb.store.milvus.names import KEY_BYTES, MOST_TAGS, NAME_BYTES, bm25_of, words_of
from kb.store.milvus.terms import MAX_BYTES
from retrieval.lexical import FIELD_BOOSTS

# As tantivy's, so that scores of both stores compare. One level deeper than pymilvus asks for: it
# would send them beside the index type, where Milvus Lite overlooks them; Milvus reads both.
_BM25: Final = {"params": {"bm25_k1": 1.2, "bm25_b": 0.75}}


def passages_schema(dimension: int) -> CollectionSchema:
    """Return the fields of a passage.

    `key` is the base, the filling and the catalogue's id; `fill` tells the passages of one filling
    from those of the next, see `kb.store.milvus.filling`; `text_key` names the embedded text.
    """
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=KEY_BYTES)
    schema.add_field("base", DataType.VARCHAR, is_partition_key=True, max_length=KEY_BYTES)
    schema.add_field("fill", DataType.INT64)
    schema.add_field("text_key", DataType.VARCHAR, max_length=32)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    for name in ("title", "heading", "text"):
        schema.add_field(name, DataType.VARCHAR, max_length=MAX_BYTES)
    for name in ("tags", "folders"):
        schema.add_field(
            name,
            DataType.ARRAY,
            element_type=DataType.VARCHAR,
            max_capacity=MOST_TAGS,
            max_length=NAME_BYTES,
        )
    for name in FIELD_BOOSTS:
        _add_bm25(schema, name)
    return schema


def passages_index() -> IndexParams:
    """Return how the fields of a passage are indexed."""
    index = MilvusClient.prepare_index_params()
    # Inner products of unit vectors are cosines; questions turned to another language are no unit.
    index.add_index("vector", index_type="AUTOINDEX", metric_type="IP")
    for name in FIELD_BOOSTS:
        index.add_index(
            bm25_of(name), index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=_BM25
        )
    index.add_index("text_key", index_type="INVERTED")
    return index


def _add_bm25(schema: CollectionSchema, field: str) -> None:
    """Add the words of a field, and what Milvus makes of them."""
    schema.add_field(
        words_of(field),
        DataType.VARCHAR,
        max_length=MAX_BYTES,
        enable_analyzer=True,
        analyzer_params={"tokenizer": "standard"},
    )
    schema.add_field(bm25_of(field), DataType.SPARSE_FLOAT_VECTOR)
    schema.add_function(
        Function(
            name=f"bm25_of_{field}",
            function_type=FunctionType.BM25,
            input_field_names=[words_of(field)],
            output_field_names=[bm25_of(field)],
        )
    )


def bases_schema() -> CollectionSchema:
    """Return the fields of what is known of a base: JSON by name; a vector is a must of Milvus."""
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=2 * KEY_BYTES)
    schema.add_field("base", DataType.VARCHAR, max_length=KEY_BYTES)
    schema.add_field("kind", DataType.VARCHAR, max_length=32)
    schema.add_field("value", DataType.VARCHAR, max_length=NAME_BYTES)
    schema.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)
    return schema


def bases_index() -> IndexParams:
    """Return how the fields of what is known of a base are indexed."""
    index = MilvusClient.prepare_index_params()
    index.add_index("nothing", index_type="FLAT", metric_type="IP")
    return index
