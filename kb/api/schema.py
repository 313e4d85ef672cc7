"""The shapes of requests and responses, for checking what comes and for the OpenAPI schema.

Responses are written from the product's own values by `kb.jsontext`, as the command line does;
what stands here describes them.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from kb.answer import Answer
from kb.catalog.rows import NoteInfo
from kb.curation.pins import State

_Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
_Tags = Annotated[
    tuple[str, ...], Field(max_length=100, description="only notes with one of these tags")
]
_Folders = Annotated[
    tuple[str, ...], Field(max_length=100, description="only notes in or below these folders")
]

_CITATION = {
    "note": "training/adam.md",
    "title": "Adam",
    "heading": "History",
    "start": 120,
    "end": 124,
    "passage": "Adam was introduced in 2014.",
    "passage_start": 97,
    "passage_end": 125,
    "answer_start": 23,
    "answer_end": 27,
}
ANSWER_EXAMPLE: dict[str, Any] = {
    "question": "And when was it introduced?",
    "answer": "2014",
    "kind": "extractive",
    "confidence": 0.93,
    "citations": [_CITATION],
    "alternatives": [],
    "nearest": [],
    "timings_ms": {"retrieval": 9.1, "reading": 62.4, "answering": 1.2, "total": 72.7},
    "asked_as": "And when was Adam introduced?",
}


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskRequest(_Request):
    """A question, and where to look for its answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"question": "When was Adam introduced?"}]},
    )

    question: _Text
    tags: _Tags = ()
    folders: _Folders = ()
    earlier: list[str] = Field(
        [], max_length=20, description="the chat's questions before this one, oldest first"
    )


class NoteRequest(_Request):
    """A note's new text."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"source": "# Adam\n\nAdam was introduced in 2014.\n"}]},
    )

    source: str = Field(description="Markdown, written as it stands")


class EntryRequest(_Request):
    """A question with its answer, to be written into a note."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"question": "Who proposed Adam?", "answer": "Kingma and Ba."}]
        },
    )

    question: _Text
    answer: _Text = Field(description="Markdown without headings")
    note: _Text = Field("faq.md", description="the note it is written into; made if there is none")


class FeedbackRequest(_Request):
    """What a reader thinks of an answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"answer": ANSWER_EXAMPLE, "verdict": "up"}]},
    )

    answer: dict[str, Any] = Field(description="as `ask` gave it")
    verdict: Literal["up", "down"]
    right_answer: str | None = Field(
        None, max_length=10_000, description="what it should have been"
    )


def _answer_fields() -> dict[str, Any]:
    """Return the fields of `kb.answer.to_json`, which calls the text an answer."""
    hints = get_type_hints(Answer)
    return {
        "answer" if field.name == "text" else field.name: (hints[field.name], ...)
        for field in fields(Answer)
    }


AnswerBody: type[BaseModel] = create_model(
    "Answer",
    __config__=ConfigDict(json_schema_extra={"examples": [ANSWER_EXAMPLE]}),
    __doc__="An answer in the words of the notes; `answer` is null where they hold none.",
    **_answer_fields(),
)


class ProblemBody(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(
        title="Problem",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:notes-kb:note-changed",
                    "title": "Precondition Failed",
                    "status": 412,
                    "detail": "adam.md was changed meanwhile: look at it and choose what is kept",
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str


class NoteBody(BaseModel):
    """A note as it stands on disk; ``version`` is its ETag without the quotes."""

    path: str
    title: str
    source: str
    tags: list[str]
    body_start: int = Field(description="where the Markdown begins, after front matter")
    version: str


class NotesBody(BaseModel):
    """A part of the list of notes."""

    notes: list[NoteInfo]
    total: int = Field(description="how many there are before `offset` and `limit`")


class SourceBody(BaseModel):
    """What became of the words that an entry is pinned to."""

    state: State
    note: str | None
    start: int | None
    end: int | None
    now: str


class EntryBody(BaseModel):
    """A question that the notes ask, and the answer that they give it."""

    question: str
    answer: str
    note: str
    heading: str
    start: int
    end: int
    source: SourceBody | None


class InboxBody(BaseModel):
    """A question that waits for a better answer."""

    question: str
    others: list[str] = Field(description="its other wordings")
    count: int
    last_asked: str
    right_answer: str | None
    given: str | None


class WrittenBody(BaseModel):
    """Where a note was written."""

    path: str


class TurnBody(BaseModel):
    """What was noted down."""

    turn: int


class HealthBody(BaseModel):
    """That the server answers."""

    status: Literal["ok"]
