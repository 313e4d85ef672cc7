"""List, read and write notes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from kb.api.openapi import problems
from kb.api.parts import Base, Editor, Work, answered
from kb.api.preconditions import etag, expected_version, is_known
from kb.api.schema import NoteBody, NoteRequest, NotesBody, WrittenBody
from kb.notes.vault import is_note_path
from kb.notes.writing import version_of
from kb.web.problems import Problem

router = APIRouter(prefix="/v1/notes", tags=["notes"])

_Path = Annotated[str, Path(examples=["training/adam.md"], description="path in the notes folder")]
_IfMatch = Annotated[str | None, Header(description="the ETag that was read, or *")]
_IfNoneMatch = Annotated[str | None, Header(description="* to write only what is not there")]


@router.get("", response_model=NotesBody)
def list_notes(
    base: Base,
    folder: Annotated[str | None, Query(description="in or below this folder")] = None,
    tag: Annotated[str | None, Query(examples=["transformer"])] = None,
    text: Annotated[str, Query(description="part of the path or the title")] = "",
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Response:
    """List the indexed notes by path."""
    found = base.notes(folder=folder, tag=tag, text=text)
    return answered({"notes": found[offset : offset + limit], "total": len(found)})


@router.get(
    "/{path:path}",
    response_model=NoteBody,
    responses={**problems(404), 304: {"description": "The version of If-None-Match is there."}},
)
def read_note(base: Base, path: _Path, if_none_match: _IfNoneMatch = None) -> Response:
    """Read a note as it stands on disk; its ETag is what a write names in If-Match."""
    note = base.read_note(path)
    headers = {"etag": etag(note.version)}
    if is_known(if_none_match, note.version):
        return Response(status_code=304, headers=headers)
    body = {
        "path": note.path,
        "title": note.title,
        "source": note.source,
        "tags": note.tags,
        "body_start": note.body_start,
        "version": note.version,
    }
    return answered(body, headers=headers)


@router.put(
    "/{path:path}",
    response_model=WrittenBody,
    responses={
        **problems(409, 412, 428),
        201: {"model": WrittenBody, "description": "The note is new."},
    },
)
def write_note(
    base: Base,
    work: Work,
    _caller: Editor,
    path: _Path,
    note: NoteRequest,
    if_match: _IfMatch = None,
    if_none_match: _IfNoneMatch = None,
) -> Response:
    """Write a note; it is indexed soon after.

    A note that is there is replaced only with its ETag in If-Match, and only if nobody changed it
    meanwhile. `.md` is added to the path where it is missing.
    """
    found = base.editing.version(path)
    expected = expected_version(path, found, if_match, if_none_match)
    written = base.editing.write(path, note.source, expected)
    work.index()
    headers = {"etag": etag(version_of(note.source))}
    return answered({"path": written}, 200 if found else 201, headers)


@router.delete("/{path:path}", status_code=204, responses=problems(404, 409, 412, 428))
def delete_note(
    base: Base, work: Work, _caller: Editor, path: _Path, if_match: _IfMatch = None
) -> Response:
    """Move a note to the trash, from where the pages can put it back; If-Match as for a write."""
    found = base.editing.version(path) if is_note_path(path) else None
    if found is None:
        raise Problem(404, "note-missing", f"{path[:200]!r} is not there")
    base.editing.delete(path, expected_version(path, found, if_match, None))
    work.index()
    return Response(status_code=204)
