"""The index and the models: whole, of the encoder that is set, and level with the notes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kb.catalog.catalog import Catalog
from kb.catalog.view import CatalogView
from kb.config import Settings
from kb.doctor.finding import Finding
from kb.errors import CatalogError, CatalogMissing, EncoderChanged
from kb.indexing.passage_index import LEXICAL_FOLDER
from kb.indexing.sync import count_stale
from kb.notes.vault import Scan
from qa.answerer import Judge
from qa.errors import QaError
from qa.loading import load_reader
from qa.onnx_reader import READER_FOLDER
from retrieval import index_stamp
from retrieval.encoder import load_encoder
from retrieval.errors import IndexDamaged, RetrievalError
from retrieval.lexical import LexicalIndex
from retrieval.manifest import read_manifest
from retrieval.onnx_session import MODEL_FOLDER

_UNIT = 0.01  # half precision moves a length of one by less


def index(settings: Settings, scan: Scan) -> Iterator[Finding]:
    """Look through what was indexed; nothing is changed.

    :param scan: the folder as it is.
    """
    catalog = Catalog(settings.notes)
    try:
        with catalog.view() as view:
            for problem in view.check():
                remedy = "kb index makes it anew from the notes"
                yield Finding("catalogue", "broken", str(catalog.path), problem, remedy)
            yield from _drift(view, scan)
            yield from _vectors(view)
            if settings.store is None:  # else words are in Milvus
                yield from _lexical(settings, view)
        catalog.require_encoder(load_encoder(settings.encoder, settings.threads).fingerprint)
    except CatalogMissing:
        yield Finding("index", "advice", str(settings.notes), "there is none yet", "kb index")
    except EncoderChanged as exc:
        yield Finding("fingerprint", "broken", str(catalog.path), str(exc), "kb index --rebuild")
    except CatalogError as exc:
        yield Finding("catalogue", "broken", str(catalog.path), str(exc), "kb index")
    except RetrievalError:
        return  # a model that does not open: `models` says so
    finally:
        catalog.close()


def _drift(view: CatalogView, scan: Scan) -> Iterator[Finding]:
    totals, stale = view.totals(), count_stale(scan, view.states())
    message = f"{totals.notes} notes, {totals.passages} passages, {totals.questions} questions"
    yield Finding("index", "fact", "", f"{message}, encoder {view.fingerprint()}")
    if stale:
        message = f"{stale} notes were added, changed or removed since indexing"
        yield Finding("drift", "advice", "index", message, "kb index")


def _vectors(view: CatalogView) -> Iterator[Finding]:
    """Look at every vector that FAISS is filled with."""
    strange = 0
    for _ids, vectors in view.iter_vectors():
        lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)
        strange += int(np.sum(~(np.abs(lengths - 1) < _UNIT)))
    if strange:
        message = f"{strange} vectors are not of unit length"
        yield Finding("vectors", "broken", "catalogue", message, "kb index --rebuild")


def _lexical(settings: Settings, view: CatalogView) -> Iterator[Finding]:
    """Compare the lexical index with the catalogue, where it is level with it."""
    folder = settings.data_folder / LEXICAL_FOLDER
    remedy = "the next question or kb index fills it anew"
    try:
        if index_stamp.read(folder) != view.generation():
            yield Finding("lexical", "fact", str(folder), f"behind the catalogue: {remedy}")
            return
        held, expected = len(LexicalIndex(folder)), view.totals().passages
        if held != expected:
            message = f"holds {held} passages of {expected}"
            yield Finding("lexical", "broken", str(folder), message, "delete it; " + remedy)
    except IndexDamaged as exc:
        yield Finding("lexical", "advice", str(folder), str(exc), remedy)
    except RetrievalError as exc:
        yield Finding("lexical", "broken", str(folder), str(exc), "allow reading it")


def models(settings: Settings) -> Iterator[Finding]:
    """Compare every bundled model file with its hash, and open the models that are set."""
    try:
        if settings.encoder is None or settings.reader is None:
            for folder in (MODEL_FOLDER, READER_FOLDER):
                read_manifest(folder).verify()
            Judge.load()
        encoder = load_encoder(settings.encoder, settings.threads)
        reader = load_reader(settings.reader, settings.threads)
    except (QaError, RetrievalError) as exc:
        yield Finding("models", "broken", "", str(exc))
        return
    yield Finding("models", "fact", "", f"whole: {encoder.fingerprint}, {reader.fingerprint}")
