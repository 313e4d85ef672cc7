"""Search by words: BM25 over the analyzer's terms, kept on disk by tantivy.

The folder holds tantivy's files and a stamp with the generation of the catalogue that they
reflect, written after tantivy's commit. Killed in between, the index is newer than its stamp: the
caller applies the same changes again, which changes nothing. Everything here can be made again
from the catalogue, so files that cannot be read are moved aside and the index starts empty.
"""

import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import tantivy

from retrieval import index_stamp
from retrieval.analyzer import analyze, analyze_question
from retrieval.errors import IndexDamaged, RetrievalError
from retrieval.scope import Scope, ancestors, clean_tag

# What a term is worth by where it stands.
FIELD_BOOSTS = {"text": 1.0, "heading": 0.5, "title": 0.25}
# A longer question is searched by its rarest terms.
MAX_TERMS = 64
WRITER_WAIT_SECONDS = 10.0

_WRITER_HEAP_BYTES = 50_000_000
_RETRY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as the lexical index takes it.

    :param id: positive, never used again for another passage.
    :param folder: POSIX path of the note's folder, ``""`` at the root.
    """

    id: int
    title: str
    heading: str
    text: str
    tags: tuple[str, ...] = ()
    folder: str = ""


_NOT_WRITABLE = ("Permission denied", "Read-only file system")


class LexicalIndex:
    """Passages by their words; many threads and processes may search while one writes."""

    generation: int
    """Of the catalogue that it reflects; 0 when new: fill it."""
    state: str
    """The name of that generation, which tells it from one of the same number."""

    def __init__(self, folder: Path) -> None:
        """Open the index in ``folder``, or start an empty one there.

        :raises RetrievalError: if the folder cannot be made or read.
        """
        self._folder = folder
        self._schema = _schema()
        self._writing_here = threading.Lock()
        self._filled_here = False
        self.refresh()

    def __len__(self) -> int:
        return self._searcher.num_docs

    def refresh(self) -> None:
        """See what another process committed; damaged files are moved aside as in opening.

        :raises RetrievalError: if the folder cannot be made or read.
        """
        try:
            self._read()
        except IndexDamaged:
            self._start_over()

    def update(
        self, remove: Iterable[int], add: Iterable[Entry], generation: int, state: str = ""
    ) -> None:
        """Remove and add passages in one commit, then note the generation and its name.

        Applied twice it changes nothing: an id that is present is replaced.

        :raises RetrievalError: if another process keeps writing, or the disk refuses.
        """
        with self._writing_here:
            with self._writer() as writer:
                # A killed commit leaves a file of deletions that no index speaks of, and the next
                # commit would make one of the same name, which tantivy refuses each time anew.
                writer.garbage_collect_files()
                if self.generation == 0 and not self._filled_here:
                    writer.delete_all_documents()  # what a killed first filling left
                for id_ in remove:
                    writer.delete_documents_by_term("id", id_)
                for entry in add:
                    writer.delete_documents_by_term("id", entry.id)
                    writer.add_document(_document(entry))
                writer.commit()
                index_stamp.write(self._folder, generation, state)
                self._filled_here = True
            self._read()

    def search(self, query: str, k: int, scope: Scope | None = None) -> list[tuple[int, float]]:
        """Return the ids of the ``k`` best passages with their BM25 scores, best first.

        :param query: plain words; there is no query syntax.
        :raises IndexDamaged: if its files cannot be read any more; `refresh` starts over.
        """
        if k <= 0:
            return []
        searcher = self._searcher
        with _damage(self._folder):
            terms = self._rarest(searcher, analyze_question(query))
            if not terms:
                return []
            hits = searcher.search(self._query(searcher, terms, scope), k, count=False).hits
            ids = searcher.fast_field_values("id", [address for _, address in hits])
            found = [(_whole(id_), float(score)) for id_, (score, _) in zip(ids, hits, strict=True)]
        return sorted(found, key=lambda item: (-item[1], item[0]))

    def frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        """Return how many passages hold each term, as the analyzer writes them, in their text.

        :raises IndexDamaged: as `search` does.
        """
        searcher = self._searcher
        with _damage(self._folder):
            return {term: searcher.doc_freq("text", term) for term in terms}

    def _rarest(self, searcher: tantivy.Searcher, terms: list[str]) -> list[str]:
        if len(terms) <= MAX_TERMS:
            return terms
        counts = {term: searcher.doc_freq("text", term) for term in terms}
        return sorted((term for term in terms if counts[term]), key=counts.__getitem__)[:MAX_TERMS]

    def _query(
        self, searcher: tantivy.Searcher, terms: list[str], scope: Scope | None
    ) -> tantivy.Query:
        clauses: list[tuple[tantivy.Occur, tantivy.Query]] = []
        for term in terms:
            for field, boost in FIELD_BOOSTS.items():
                if not boost or not searcher.doc_freq(field, term):
                    continue
                found = tantivy.Query.term_query(self._schema, field, term, index_option="freq")
                clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(found, boost)))
        words = tantivy.Query.boolean_query(clauses)
        limits = self._limits(scope or Scope())
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, words), *limits])

    def _limits(self, scope: Scope) -> Iterator[tuple[tantivy.Occur, tantivy.Query]]:
        for field, values in (("tags", scope.tag_terms()), ("folders", scope.folder_terms())):
            if values:
                inside = tantivy.Query.term_set_query(self._schema, field, list(values))
                yield tantivy.Occur.Must, tantivy.Query.const_score_query(inside, 0.0)

    def _read(self) -> None:
        """Read the stamp and open what it speaks of.

        :raises IndexDamaged: if there is no whole index of this version.
        """
        # The stamp first: what is read after it is at least as new.
        generation, state = index_stamp.read_both(self._folder)
        if not (self._folder / "meta.json").is_file():
            raise IndexDamaged(f"{self._folder} has a stamp and no index")
        with _damage(self._folder):
            self._searcher = self._readable().searcher()
        self.generation, self.state = generation, state

    def _readable(self) -> tantivy.Index:
        """Open the files, or a copy where the folder is read-only: tantivy locks to read too."""
        try:
            return self._tantivy(self._folder)
        except ValueError as exc:
            if not any(refusal in str(exc) for refusal in _NOT_WRITABLE):
                raise
        copy = Path(tempfile.mkdtemp(prefix="kb-lexical-"))
        weakref.finalize(self, shutil.rmtree, copy, ignore_errors=True)
        for file in self._folder.iterdir():
            if file.is_file() and file.suffix != ".lock":
                shutil.copyfile(file, copy / file.name)
        return self._tantivy(copy)

    def _tantivy(self, folder: Path) -> tantivy.Index:
        """Open tantivy's files anew: an older handle would miss files that others wrote."""
        index = tantivy.Index(self._schema, str(folder))
        index.config_reader("manual")
        index.reload()
        return index

    def _start_over(self) -> None:
        """Move aside what is there and make an empty index, one process at a time."""
        import filelock  # 20 ms that an index in order never needs

        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(f"{self._folder}.lock", timeout=WRITER_WAIT_SECONDS):
                try:
                    self._read()  # another process was first
                except IndexDamaged:
                    index_stamp.move_aside(self._folder)
                    self._folder.mkdir()
                    self._tantivy(self._folder)
                    index_stamp.write(self._folder, 0)
                    self._filled_here = False
                    self._read()
        except (OSError, ValueError) as exc:
            raise RetrievalError(f"cannot make the search index {self._folder}: {exc}") from exc

    @contextmanager
    def _writer(self) -> Generator[tantivy.IndexWriter]:
        writer = self._wait_for_writer()
        try:
            yield writer
        except (OSError, ValueError) as exc:
            raise RetrievalError(f"cannot write the search index {self._folder}: {exc}") from exc
        finally:
            # And drop what was not committed, and the lock. A worker that died says so once more.
            with suppress(ValueError):
                writer.wait_merging_threads()

    def _wait_for_writer(self) -> tantivy.IndexWriter:
        end = time.monotonic() + WRITER_WAIT_SECONDS
        while True:
            with _damage(self._folder):
                try:
                    return self._tantivy(self._folder).writer(_WRITER_HEAP_BYTES, num_threads=1)
                except ValueError as exc:
                    if "LockBusy" not in str(exc):
                        raise
            if time.monotonic() >= end:
                raise RetrievalError(
                    f"another process is still writing the search index {self._folder}; "
                    "try again when it has finished"
                )
            time.sleep(_RETRY_SECONDS)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # Signed: tantivy-py deletes nothing, silently, by an unsigned id.
    builder.add_integer_field("id", indexed=True, fast=True)
    for field in FIELD_BOOSTS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    for field in ("tags", "folders"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _document(entry: Entry) -> tantivy.Document:
    document = tantivy.Document()
    document.add_integer("id", entry.id)
    document.add_text("title", " ".join(analyze(entry.title)))
    document.add_text("heading", " ".join(analyze(entry.heading)))
    document.add_text("text", " ".join(analyze(entry.text)))
    for tag in entry.tags:
        document.add_text("tags", clean_tag(tag))
    for folder in ancestors(entry.folder):
        document.add_text("folders", folder)
    return document


def _whole(id_: int | float | None) -> int:
    if not isinstance(id_, int):
        raise ValueError("a passage without its id")
    return id_


@contextmanager
def _damage(folder: Path) -> Generator[None]:
    """Tell of unreadable files as such, and see that the next opening starts over."""
    try:
        yield
    except BaseException as exc:
        # A panic in Rust arrives as pyo3's PanicException, which is no Exception.
        if not isinstance(exc, ValueError | OSError) and type(exc).__name__ != "PanicException":
            raise
        if any(refusal in str(exc) for refusal in (*_NOT_WRITABLE, "os error 24")):
            raise RetrievalError(f"cannot read the search index {folder}: {exc}") from exc
        index_stamp.remove(folder)
        raise IndexDamaged(f"the search index {folder} is damaged: {exc}") from exc
