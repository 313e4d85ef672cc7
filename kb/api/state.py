"""How the server and its base are."""

from __future__ import annotations

from fastapi import APIRouter, Response

from kb.api.metrics import CONTENT_TYPE, Metrics
from kb.api.openapi import problems
from kb.api.parts import Base, Editor, Work, answered
from kb.api.schema import HealthBody
from kb.indexing.job import IndexReport
from kb.status import Status
from kb.web.problems import Problem

OPEN_PATHS = frozenset({"/health", "/ready", "/openapi.json"})

# So long an indexing waits for another one to end.
_PATIENCE_SECONDS = 60.0

router = APIRouter(tags=["state"])


@router.get("/health", response_model=HealthBody)
async def health() -> Response:
    """Say that the server answers; needs no key."""
    return answered({"status": "ok"})


@router.get("/ready", response_model=HealthBody)
async def ready(work: Work) -> Response:
    """Say whether models and indexes are open, so that a question is answered at once."""
    if not work.ready:
        raise Problem(503, "not-ready", work.error or "the models are being opened")
    return answered({"status": "ok"})


@router.get("/v1/status", response_model=Status)
def status(base: Base) -> Response:
    """Say what is indexed and what changed since, as `kb status --json` does."""
    return answered(base.status())


@router.post("/v1/index", response_model=IndexReport, responses=problems(409))
def index(base: Base, _caller: Editor) -> Response:
    """Index what changed, and answer when that is done; written notes are indexed without it."""
    return answered(base.index(timeout=_PATIENCE_SECONDS))


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"description": "Figures.", "content": {"text/plain": {"schema": {"type": "string"}}}},
    },
)
def metrics(base: Base, counts: Metrics) -> Response:
    """Give figures in Prometheus' text format; a reader's key is enough."""
    return Response(counts.text(base.status()), media_type=CONTENT_TYPE)
