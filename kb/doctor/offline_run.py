"""``python -m kb.doctor.offline_run NOTES SECONDS``: index and ask as a user does, watched.

What is seen goes to standard output at once, a line of JSON each, so that it is known even if the
kernel ends the process. It goes on living for some seconds: libraries report with a delay.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
import threading
from pathlib import Path

QUESTIONS = (
    "Who introduced the LSTM?",
    "What does softmax divide by?",
    "长短期记忆网络是谁提出的？",
)
_NETWORK = ("socket.", "http.client.", "urllib.", "ftplib.", "smtplib.", "poplib.", "imaplib.")
_OPENS_NOTHING = ("socket.gethostname",)


def _say(kind: str, value: object) -> None:
    os.write(1, json.dumps({kind: value}).encode() + b"\n")


def _watch(event: str, _arguments: tuple[object, ...]) -> None:
    if not event.startswith(_NETWORK) or event in _OPENS_NOTHING:
        return
    frame = inspect.currentframe()
    caller = frame.f_back if frame else None
    place = f" in {caller.f_code.co_filename}:{caller.f_lineno}" if caller else ""
    _say("seen", event + place)


def main() -> None:
    """Watch, guard, index, ask, stay a while."""
    notes, seconds = Path(sys.argv[1]), float(sys.argv[2])
    sys.addaudithook(_watch)
    from kb.doctor.socket_guard import GuardUnavailable, guard

    try:
        guard()
        _say("guard", "")
    except GuardUnavailable as exc:
        _say("guard", str(exc))
    # Only now: threads that a library starts are bound too.
    from kb.config import Settings
    from kb.knowledge import KnowledgeBase

    base = KnowledgeBase.open(Settings.load(notes))
    _say("stage", "indexing")
    _say("passages", base.index().passages)
    for question in QUESTIONS:
        _say("stage", f"asking {question!r}")
        base.ask(question)
    base.close()
    _say("stage", f"waiting {seconds:g} s")
    threading.Event().wait(seconds)
    _say("stage", "done")


if __name__ == "__main__":
    main()
