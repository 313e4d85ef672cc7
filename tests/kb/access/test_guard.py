from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import kb
from kb.access import policy
from kb.access.guard import Guard, guarded, guarded_indexer
from kb.access.person import LOCAL, Person
from kb.access.policy import Policy
from kb.config import Settings
from kb.curation.book import FaqBook
from kb.curation.curator import Curator
from kb.errors import HistoryError, KbError, NotAllowed
from kb.insight.insight import Insight
from kb.knowledge import KnowledgeBase
from kb.notes.editing import NoteEditor
from kb.pages.indexer import Indexer
from kb.reading import NoteReader
from kb.storage.history import History

READER = Person("reader", "r", "Rea")
EDITOR = Person("editor", "e", "Edi")
NO_ANSWER = {"answer": None}
# Whose policy says what of it is for readers. An indexer sets its attributes when it is made.
CLASSES = [
    (KnowledgeBase, policy.BASE, {"root", "settings"}),
    (History, policy.HISTORY, {"path"}),
    (NoteReader, policy.READING, set[str]()),
    (Curator, policy.CURATION, set[str]()),
    (FaqBook, policy.FAQ, set[str]()),
    (Insight, policy.INSIGHT, set[str]()),
    (NoteEditor, policy.EDITING, set[str]()),
    (Indexer, policy.INDEXER, {"closer", "error", "progress", "report"}),
]


@pytest.fixture
def base(tmp_path: Path) -> KnowledgeBase:
    (tmp_path / "a.md").write_text("# A\n\nA note.\n")
    return KnowledgeBase.open(Settings.load(tmp_path))


@pytest.mark.parametrize(("cls", "rules", "made"), CLASSES, ids=lambda each: str(each)[:40])
def test_policy_has_thought_of_every_public_name(cls: type, rules: Policy, made: set[str]) -> None:
    """A new method must be put into `kb.access.policy`: for readers, for editors, or a part."""
    names = {name for name in dir(cls) if not name.startswith("_")} | made
    groups = [set(rules.reading), set(rules.writing), set(rules.never), set(rules.parts)]
    known = set.union(*groups)
    assert names - known == set(), f"say in kb/access/policy.py who may use {cls}"
    assert known - names == set(), "is no more"
    assert sum(map(len, groups)) == len(known), "stands twice"


@pytest.mark.parametrize("name", sorted(policy.BASE.writing))
def test_reader_is_refused_what_writes(base: KnowledgeBase, name: str) -> None:
    with pytest.raises(NotAllowed, match="not change"):
        getattr(guarded(base, READER), name)("x", "y")


def test_refusal_is_one_of_our_errors_and_nothing_is_written(base: KnowledgeBase) -> None:
    with pytest.raises(KbError):
        guarded(base, READER).add_note("b", "# B")
    with pytest.raises(NotAllowed):
        guarded(base, READER).index()
    assert sorted(path.name for path in base.root.iterdir()) == ["a.md"]


def test_editor_writes(base: KnowledgeBase) -> None:
    assert guarded(base, EDITOR).add_note("b", "# B") == "b.md"
    assert guarded(base, LOCAL).read_note("b.md").source == "# B"


def test_reader_reads_and_keeps_chats(base: KnowledgeBase) -> None:
    theirs = guarded(base, READER)
    assert theirs.read_note("a.md").title == "A"
    chat = theirs.history.new_chat()
    turn = theirs.history.add_turn(chat, "Q?", NO_ANSWER)
    theirs.history.feedback(turn, "up")
    theirs.history.rename_chat(chat, "Mine")
    assert [each.title for each in theirs.history.chats()] == ["Mine"]
    theirs.history.delete_chat(chat)


def test_reader_sees_nothing_of_the_inbox(base: KnowledgeBase) -> None:
    base.history.add_turn("c", "Secret question?", NO_ANSWER)
    theirs = guarded(base, READER)
    for name in ("inbox", "settle"):
        with pytest.raises(NotAllowed):
            getattr(theirs.history, name)()
    for name in policy.CURATION.writing:
        with pytest.raises(NotAllowed):
            getattr(theirs.curation, name)()
    assert [each.question for each in guarded(base, EDITOR).history.inbox()] == ["Secret question?"]


class Grown:
    """A base with a method and a part that its policy does not know yet."""

    part = property(lambda self: self)

    def erase(self) -> str:
        return "erased"


def test_what_stands_in_no_policy_is_for_editors_only() -> None:
    assert Guard(Grown(), EDITOR, policy.BASE).erase() == "erased"
    theirs = Guard(Grown(), READER, policy.BASE)
    with pytest.raises(NotAllowed):
        theirs.erase()
    with pytest.raises(NotAllowed):
        _ = theirs.part


@pytest.mark.parametrize("person", [READER, EDITOR, LOCAL], ids=lambda each: each.owner)
def test_nobody_gets_behind_the_guard(base: KnowledgeBase, person: Person) -> None:
    theirs: Any = guarded(base, person)
    for name in ("_catalog", "_passages", "__dict__", "close"):
        with pytest.raises(AttributeError):
            getattr(theirs, name)
    with pytest.raises(AttributeError):
        theirs.history.of("somebody else")
    with pytest.raises(AttributeError):
        theirs.settings = None


def test_reader_cannot_start_indexing(base: KnowledgeBase) -> None:
    indexer = Indexer(base)
    assert guarded_indexer(indexer, READER).running is False
    with pytest.raises(NotAllowed):
        guarded_indexer(indexer, READER).start()
    assert indexer.report is None


def test_chats_are_their_owners_own(base: KnowledgeBase) -> None:
    """Nothing that a person may call reaches another's chat, even with its id."""
    mine, theirs = guarded(base, EDITOR).history, guarded(base, READER).history
    chat = mine.new_chat("Mine")
    turn = mine.add_turn(chat, "Q?", NO_ANSWER)
    assert (theirs.chats(), theirs.turns(chat)) == ([], [])
    theirs.delete_chat(chat)
    for attempt in (
        lambda: theirs.add_turn(chat, "Intruder?", NO_ANSWER),
        lambda: theirs.rename_chat(chat, "Taken"),
        lambda: theirs.feedback(turn, "down"),
    ):
        with pytest.raises(HistoryError, match="there is no"):
            attempt()
    [kept] = mine.turns(chat)
    assert (kept.question, kept.verdict) == ("Q?", None)
    assert [each.title for each in mine.chats()] == ["Mine"]
    assert base.history.chats() == []


WRITERS = {"kb.catalog", "kb.curation.entry", "kb.notes.writing", "kb.storage", "sqlite3"}


def imported(path: Path) -> set[str]:
    """Modules that a module imports when it runs."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    return {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} | {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }


def test_pages_write_through_the_guarded_base_only() -> None:
    for path in (Path(kb.__file__).parent / "pages").rglob("*.py"):
        found = {
            name for name in imported(path) for part in WRITERS if f"{name}.".startswith(f"{part}.")
        }
        assert found <= {"kb.catalog.rows"}, path
        if path.name != "opener.py":
            assert "open_base(" not in path.read_text("utf-8"), path
            assert "KnowledgeBase.open" not in path.read_text("utf-8"), path
