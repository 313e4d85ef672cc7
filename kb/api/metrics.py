"""Counts what the API does, for Prometheus."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.status import Status

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)


class Counts:
    """The figures of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        named: dict[str, Any] = {"registry": self.registry}
        self._requests = Counter(
            "kb_http_requests_total", "Requests.", ["method", "route", "status"], **named
        )
        self._seconds = Histogram(
            "kb_http_request_seconds",
            "Time to the end of a response.",
            ["method", "route"],
            buckets=_BUCKETS,
            **named,
        )
        self._answers = Counter("kb_answers_total", "Answers by kind.", ["kind"], **named)
        self._notes = Gauge("kb_notes", "Indexed notes.", **named)
        self._passages = Gauge("kb_passages", "Indexed passages.", **named)
        self._stale = Gauge("kb_stale_notes", "Notes changed since they were indexed.", **named)
        self._indexed = Gauge(
            "kb_indexed_timestamp_seconds", "When the last indexing ended.", **named
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that is over."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def answer(self, kind: str) -> None:
        """Count an answer."""
        self._answers.labels(kind).inc()

    def text(self, status: Status) -> bytes:
        """Return all figures in Prometheus' text format."""
        self._notes.set(status.notes)
        self._passages.set(status.passages)
        self._stale.set(status.stale)
        if status.indexed_at:
            self._indexed.set(status.indexed_at.timestamp())
        return generate_latest(self.registry)


class Counting:
    """ASGI middleware that counts requests by their route, never by what was asked."""

    def __init__(self, app: ASGIApp, counts: Counts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 499  # whoever called left before an answer

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            # A method that nobody knows would be a series of its own.
            method = scope["method"] if route != "other" else "other"
            self._counts.request(method, route, status, time.perf_counter() - began)


def _counts(request: Request) -> Counts:
    return request.app.state.counts


Metrics = Annotated[Counts, Depends(_counts)]
