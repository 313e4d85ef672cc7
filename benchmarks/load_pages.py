"""Many at the pages at once: ``python -m benchmarks.load_pages [--users 50] [--seconds 300]``.

Starts the real pages (`kb serve`) on this machine with the notes of `benchmarks.load`. Every user
opens a tab, asks about their own tower, asks in the same chat what leans on that, closes the tab
and begins again. Meanwhile notes are written into the folder, which the pages find by themselves.
A wrong conversation is a question of somebody else on one's page, a chat that holds another's turn,
too few or too many, or an answer from another's note. It stops by itself.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from websockets.exceptions import WebSocketException

from benchmarks.load import (
    NOTE_EVERY_SECONDS,
    Seen,
    memory_mib,
    report,
    summed,
    tower,
    watched,
    write_notes,
)
from benchmarks.streamlit_client import Tab
from kb.catalog.catalog import Catalog
from kb.config import Settings
from kb.errors import KbError
from kb.knowledge import KnowledgeBase
from kb.notes.editing import NoteEditor
from kb.pages.launch import command, environment
from kb.storage.history import History

RESULT = Path(__file__).parent / "results" / "load_pages.json"
_START_SECONDS = 300
_FOUND_SECONDS = 60
_QUESTION = re.compile(r'class="kb-text kb-question"[^>]*>(.*?)</div>')


def questions_of(number: int) -> list[str]:
    """Return what a user asks in one chat."""
    return [f"When was the {tower(number)} tower finished?", "And who built it?"]


def use(url: str, number: int, end: float, seen: Seen, chats: dict[str, int]) -> None:
    """Be one user until the end, tab after tab."""
    while time.monotonic() < end:
        try:
            with closing(Tab.open(url)) as tab:
                said: list[str] = []
                for question in questions_of(number):
                    said.append(question)
                    _ask(tab, number, said, seen)
                with seen.lock:
                    chats[_chat(tab)] = number
        except (OSError, ValueError, LookupError, WebSocketException) as exc:
            with seen.lock:
                seen.errors.append(f"user {number}: {type(exc).__name__}: {exc}")
            time.sleep(1)


def _ask(tab: Tab, number: int, said: list[str], seen: Seen) -> None:
    began = time.perf_counter()
    tab.ask(said[-1])
    milliseconds = 1000 * (time.perf_counter() - began)
    drawn = [each.html.body for each in tab.elements.values() if each.HasField("html")]
    shown = [found for body in drawn for found in _QUESTION.findall(body)]
    problems = [each.alert.body for each in tab.elements.values() if each.HasField("alert")]
    with seen.lock:
        seen.milliseconds.append(milliseconds)
        seen.errors += [f"user {number}: {problem}" for problem in problems]
        if shown != said:
            seen.wrong.append(f"user {number}: the page shows {shown} after {said}")


def _chat(tab: Tab) -> str:
    return parse_qs(tab.query)["chat"][0]


def check_chats(notes: Path, chats: dict[str, int], seen: Seen) -> None:
    """Compare what was kept of every chat with who asked in it."""
    with closing(History(notes / ".kb")) as history:
        for chat, number in chats.items():
            turns = history.turns(chat)
            if [turn.question for turn in turns] != questions_of(number):
                asked = [turn.question for turn in turns]
                seen.wrong.append(f"user {number}: the chat holds {asked}")
            for turn in turns:
                seen.answered += turn.answer["answer"] is not None
                cited = {each["note"] for each in turn.answer["citations"]} - {f"{number}.md"}
                if cited:
                    seen.wrong.append(f"user {number}: {turn.question} → {sorted(cited)}")


def add_notes(notes: Path, end: float, added: list[int], seen: Seen) -> None:
    """Write a note every few seconds until the end, as another program would."""
    editor, number = NoteEditor(notes, Settings.load(notes).limits), 1000
    while time.monotonic() < end:
        try:
            editor.add(f"added/{number}.md", f"# Bridge {number}\n\nIt has {number + 7} stones.\n")
            added.append(number)
        except KbError as exc:
            with seen.lock:
                seen.errors.append(f"adding {number}: {exc}")
        number += 1
        time.sleep(NOTE_EVERY_SECONDS)


def wait_for_added(notes: Path, added: list[int]) -> int:
    """Count the added notes that are indexed in the end; the pages may be a moment behind."""
    until, catalog = time.monotonic() + _FOUND_SECONDS, Catalog(notes)
    wanted = {f"added/{number}.md" for number in added}
    with closing(catalog):
        while True:
            with catalog.view() as view:
                found = len(view.known_of(wanted))
            if found == len(wanted) or time.monotonic() > until:
                return found
            time.sleep(0.5)


@contextmanager
def serving(notes: Path) -> Generator[tuple[str, int]]:
    """Run the pages until the block ends; give their address and process."""
    settings = Settings.load(notes, port=0)
    arguments = command(settings)
    port = next(each for each in arguments if each.startswith("--server.port=")).split("=")[1]
    url, log = f"http://127.0.0.1:{port}", notes.parent / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            arguments, env=environment(settings), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + _START_SECONDS
        while not _is_up(url):
            if server.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the pages did not start: {log.read_text(encoding='utf-8')}")
            time.sleep(0.2)
        yield url, server.pid
    finally:
        server.terminate()
        server.wait(60)


def _is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def measure(users: int, seconds: float) -> dict[str, Any]:
    """Run all users for a while and sum up."""
    seen, added, chats = Seen(), list[int](), dict[str, int]()
    with tempfile.TemporaryDirectory(prefix="kb-load-") as folder:
        notes = Path(folder) / "notes"
        write_notes(notes, users)
        with closing(KnowledgeBase.open(Settings.load(notes))) as base:
            base.index()
        with serving(notes) as (url, process):
            use(url, 0, time.monotonic() + 0.1, Seen(), {})  # opens the models
            end = time.monotonic() + seconds
            threads = [
                threading.Thread(target=use, args=(url, number, end, seen, chats))
                for number in range(users)
            ]
            threads.append(threading.Thread(target=add_notes, args=(notes, end, added, seen)))
            levels = watched(threads, process)
            found = wait_for_added(notes, added)
            levels.append(memory_mib(process))
        check_chats(notes, chats, seen)
    return {**summed(users, seconds, seen, added, found, levels), "chats": len(chats)}


def main() -> int:
    """Measure the pages."""
    return report("load_pages", __doc__, RESULT, measure)


if __name__ == "__main__":
    sys.exit(main())
