"""Text in, ranked passages out: encoder, vectors, lexical index, fusion."""
