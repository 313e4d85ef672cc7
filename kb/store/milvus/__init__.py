"""Passages in Milvus: vectors, words and text, searched there; needs the extra `milvus`."""
