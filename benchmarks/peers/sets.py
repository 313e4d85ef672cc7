"""The two sets of questions, each with its folder of notes.

- ``real``: FastAPI's documentation in English and Chinese with thirty questions written before any
  tuning, some of them across languages, some without an answer.
- ``public``: paragraphs of SQuAD 2.0 (English), CMRC 2018 and DRCD (Chinese, Simplified and
  Traditional), a note each, all of documents that no model was trained on; questions only of those
  documents that nothing was fitted on either (`benchmarks.question_sets.half_of`).
"""

import itertools
import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.peer import Corpus, Passage
from benchmarks.question_sets import half_of
from kb.catalog.rows import HEADING_GAP
from kb.measuring.evaluation import note_source
from kb.notes.note import parse_note
from kb.passages.chunking import split as split_note
from qa.squad import Example, read_squad, split
from retrieval.encoder import load_encoder
from retrieval.language import Language, detect_language

_SEED = 11
_RIGHT_NOTES = 2


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its accepted answers, none if the notes hold none.

    :param notes: paths of the notes that answer.
    """

    id: str
    text: str
    answers: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def language(self) -> Language:
        """Of the answers, whose metric scores; of the question where there are none."""
        return detect_language(self.answers[0] if self.answers else self.text)


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions on a corpus."""

    name: str
    corpus: Corpus
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """Files that questions come from.

    :param paragraphs: most of them in the corpus.
    :param answerable: questions with an answer that are asked.
    :param unanswerable: questions without.
    """

    files: tuple[str, ...]
    paragraphs: int
    answerable: int
    unanswerable: int


_SOURCES = (
    _Source(("squad2_train_p1", "squad2_train_p2"), 260, 28, 12),
    _Source(("cmrc2018_train", "cmrc2018_trial"), 120, 20, 0),
    _Source(("drcd_dev", "drcd_test"), 120, 20, 0),
)


def real(notes: Path, fixture: Path, folder: Path, limit: int | None) -> QuestionSet:
    """Copy the real notes; with a limit only those that answer so many questions.

    :param notes: the folder that holds ``fastapi/docs``.
    """
    given = json.loads(fixture.read_text(encoding="utf-8"))
    questions = tuple(
        Question(
            id=entry["id"],
            text=entry["question"],
            answers=tuple(str(answer["text"]) for answer in entry["answers"]),
            notes=tuple(dict.fromkeys(str(answer["note"]) for answer in entry["answers"])),
        )
        for entry in given["questions"]
    )
    corpus = Corpus(folder, lent=True)
    root = notes / given["root"]
    if limit is None:
        shutil.copytree(root, corpus.notes)
    else:
        questions = questions[:limit]
        for name in {name for question in questions for name in question.notes[:_RIGHT_NOTES]}:
            (corpus.notes / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, corpus.notes / name)
    _cut(corpus)
    return QuestionSet("real", corpus, questions)


def public(data: Path, folder: Path, limit: int | None) -> QuestionSet:
    """Write held-out paragraphs as notes; with a limit fewer of them and of the questions.

    :param data: folder of the question files.
    """
    corpus = Corpus(folder)
    corpus.notes.mkdir(parents=True)
    questions: list[Question] = []
    numbers = itertools.count()
    for source in _SOURCES[:1] if limit else _SOURCES:
        held_out = [
            example
            for name in source.files
            for example in split(read_squad(data / f"{name}.json"))[1]
        ]
        asked = _draw(held_out, source)[:limit]
        titles = {example.context: example.title for example in [*asked, *held_out]}
        for context in list(titles)[: limit or source.paragraphs]:
            path = f"{next(numbers):06d}.md"
            text = note_source(titles[context], context)
            (corpus.notes / path).write_text(text, encoding="utf-8")
            questions += [_question(each, path) for each in asked if each.context == context]
    _cut(corpus)
    return QuestionSet("public", corpus, tuple(questions))


def _draw(examples: Sequence[Example], source: _Source) -> list[Example]:
    measured = [example for example in examples if half_of(example.title) == "measure"]
    shuffled = random.Random(_SEED).sample(measured, len(measured))
    answerable = [example for example in shuffled if example.is_answerable]
    unanswerable = [example for example in shuffled if not example.is_answerable]
    return answerable[: source.answerable] + unanswerable[: source.unanswerable]


def _question(example: Example, path: str) -> Question:
    answers = tuple(text for text, _start in example.answers)
    return Question(example.id, example.question, answers, (path,) if answers else ())


def _cut(corpus: Corpus) -> None:
    """Cut the notes as the product does, for those that only take passages."""
    count_tokens = load_encoder().count_tokens
    passages: list[Passage] = []
    for file in sorted(corpus.notes.rglob("*.md")):
        path = file.relative_to(corpus.notes).as_posix()
        source = file.read_text(encoding="utf-8")
        note = parse_note(path, source)
        for each in split_note(note, source, count_tokens):
            heading = HEADING_GAP.join((note.title, *each.heading_path))
            passages.append(Passage(path, f"{heading}\n{each.text}"))
    corpus.write(passages)
