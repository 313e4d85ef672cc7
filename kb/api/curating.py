"""What readers think of answers, which questions wait, and entries that answer them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from kb.answer import from_json, to_json
from kb.api.openapi import problems
from kb.api.parts import Base, Editor, Reader, Work, answered
from kb.api.schema import EntryBody, EntryRequest, FeedbackRequest, InboxBody, TurnBody, WrittenBody
from kb.curation.book import to_json as entry_json
from kb.web.problems import Problem

router = APIRouter(prefix="/v1", tags=["curate"])


@router.post("/feedback", status_code=201, response_model=TurnBody)
def give_feedback(base: Base, caller: Reader, given: FeedbackRequest) -> Response:
    """Note down what a reader thinks of an answer; after "down" its question waits in the inbox."""
    try:
        answer = from_json(given.answer)
        stored = to_json(answer)
    except ValueError as error:
        raise Problem(422, "not-an-answer", "answer is not what `ask` gives") from error
    turn = base.history.add_turn(f"api {caller.name}", answer.question, stored)
    base.history.feedback(turn, given.verdict, given.right_answer)
    return answered({"turn": turn}, 201)


@router.get("/inbox", response_model=list[InboxBody])
def list_inbox(base: Base, _caller: Editor) -> Response:
    """List the questions that wait for a better answer, the last asked first.

    An editor's: it shows what others asked.
    """
    return answered(
        [
            {
                "question": each.question,
                "others": each.others,
                "count": each.count,
                "last_asked": each.last_asked,
                "right_answer": each.right_answer,
                "given": each.given,
            }
            for each in base.curation.inbox()
        ]
    )


@router.get("/faq", response_model=list[EntryBody])
def list_entries(
    base: Base,
    words: Annotated[str, Query(description="all of them stand in it")] = "",
    review: Annotated[bool, Query(description="whose source says something else by now")] = False,
) -> Response:
    """List the questions that the notes ask and answer, as `kb faq --json` does."""
    return answered([entry_json(entry) for entry in base.faq.entries(words, review=review)])


@router.post("/faq", status_code=201, response_model=WrittenBody, responses=problems(409, 412))
def write_entry(base: Base, work: Work, _caller: Editor, entry: EntryRequest) -> Response:
    """Answer a question by an entry of a note: asked again, in other words too, it gives that."""
    path = base.curation.write_entry(entry.note, entry.question, entry.answer)
    work.index()
    return answered({"path": path}, 201)
