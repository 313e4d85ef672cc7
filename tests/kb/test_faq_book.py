"""The book of questions and answers, on small folders with a fake encoder."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from kb.answer import Citation
from kb.catalog.catalog import Catalog
from kb.cli.main import main
from kb.config import Settings
from kb.curation.book import BookEntry
from kb.curation.pins import Pin, read_pin
from kb.curation.promoting import as_markdown
from kb.curation.sections import sections
from kb.errors import NoteChanged, VaultError
from kb.knowledge import KnowledgeBase
from kb.models import Models
from tests.kb.fake_encoder import FakeEncoder

LAKES = "# Lakes\n\nIt is old. Lake Baikal is 1642 metres deep.\n\nOther things.\n"
NEW = "Lake Baikal is 1700 metres deep."
MIXED = (
    "---\nfaq:\n  - q: When is tea?\n    a: At five.\n---\n# Mixed\n\n"
    "## Who is he?\n\nBob.\n\n## Who waits?\n\n### Part\n\nMany.\n\nQ: Is it late? A: Yes.\n"
)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    (tmp_path / "lakes.md").write_text(LAKES, "utf-8")
    (tmp_path / "mixed.md").write_text(MIXED, "utf-8")
    base = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    base.index()
    yield base
    base.close()


@pytest.fixture
def promoted(base: KnowledgeBase) -> Callable[[], BookEntry]:
    """Promote an answer of lakes.md and return how its entry stands now."""
    (found,) = [each for each in base.search("Lake Baikal", 9) if each.citation.note == "lakes.md"]
    cited = found.citation
    at = cited.passage.index("1642 metres")
    start = LAKES.index("1642 metres")
    answer = Citation(
        **{name: getattr(cited, name) for name in ("note", "title", "heading", "passage")},
        start=start,
        end=start + 11,
        passage_start=cited.passage_start,
        passage_end=cited.passage_end,
        answer_start=at,
        answer_end=at + 11,
    )
    assert base.faq.promote("How deep is Baikal", answer) == "faq.md"
    base.index()
    return lambda: base.faq.entries("Baikal")[0]


def write(base: KnowledgeBase, name: str, text: str) -> None:
    (base.root / name).write_text(text, "utf-8")


def read(base: KnowledgeBase, name: str) -> str:
    return (base.root / name).read_text("utf-8")


def test_entries_are_all_that_the_notes_ask_and_answer(base: KnowledgeBase) -> None:
    found = {entry.question: entry.answer for entry in base.faq.entries()}
    assert found == {"When is tea?": "At five.", "Who is he?": "Bob.", "Is it late?": "Yes."}
    assert [entry.question for entry in base.faq.entries("FIVE mixed")] == ["When is tea?"]
    assert base.faq.entries(review=True) == []


def test_promoted_answer_is_a_whole_sentence_pinned_to_its_source(
    base: KnowledgeBase, promoted: Callable[[], BookEntry]
) -> None:
    entry = promoted()
    assert (entry.question, entry.answer) == (
        "How deep is Baikal?",
        "Lake Baikal is 1642 metres deep.",
    )
    assert entry.state == "same"
    assert entry.watched is not None
    assert entry.watched.now == "Lake Baikal is 1642 metres deep."
    assert "Source: [[lakes|Lakes]]" in read(base, "faq.md")


def test_entry_follows_its_source_to_another_place_and_another_note(
    base: KnowledgeBase, promoted: Callable[[], BookEntry]
) -> None:
    write(base, "lakes.md", f"More.\n\n{LAKES}")
    assert promoted().state == "moved"
    (base.root / "lakes.md").rename(base.root / "waters.md")
    entry = promoted()
    assert (entry.state, entry.to_review) == ("moved", False)
    assert entry.watched is not None
    assert entry.watched.pin is not None
    assert entry.watched.pin.note == "waters.md"


def test_changed_source_asks_for_review_until_it_is_accepted(
    base: KnowledgeBase, promoted: Callable[[], BookEntry]
) -> None:
    write(base, "lakes.md", LAKES.replace("1642", "1700"))
    entry = promoted()
    assert entry.to_review
    assert base.faq.entries(review=True) == [entry]
    assert entry.watched is not None
    assert entry.watched.now == NEW
    base.faq.accept(entry)
    assert promoted().state == "same"
    assert promoted().answer == "Lake Baikal is 1642 metres deep."
    assert "Source: [[lakes|Lakes]]" in read(base, "faq.md")


def test_new_words_of_the_source_can_be_taken(
    base: KnowledgeBase, promoted: Callable[[], BookEntry]
) -> None:
    write(base, "lakes.md", LAKES.replace("1642", "1700"))
    base.faq.edit(promoted(), "How deep is Baikal?", NEW)
    base.index()
    assert (promoted().answer, promoted().state) == ("Lake Baikal is 1700 metres deep.", "same")


def test_entry_whose_source_is_gone_names_none_after_review(
    base: KnowledgeBase, promoted: Callable[[], BookEntry]
) -> None:
    (base.root / "lakes.md").unlink()
    entry = promoted()
    assert entry.state == "gone"
    base.faq.accept(entry)
    assert read(base, "faq.md") == (
        "# FAQ\n\n## How deep is Baikal?\n\nLake Baikal is 1642 metres deep.\n"
    )


def test_edit_refuses_what_was_changed_meanwhile(
    base: KnowledgeBase, promoted: Callable[[], BookEntry]
) -> None:
    entry = promoted()
    changed = read(base, "faq.md").replace("metres", "m")
    write(base, "faq.md", changed)
    with pytest.raises(NoteChanged, match="changed meanwhile"):
        base.faq.edit(entry, entry.question, "So.")
    assert read(base, "faq.md") == changed


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("Who is he?", "So.\n\n# More", "holds a heading"),
        ("Who is he?", "```\nopen", "holds a heading, or opens a block"),
        ("Who waits?", "So.", "already"),
        ("", "So.", "needs a question"),
    ],
)
def test_edit_that_would_break_the_note_changes_nothing(
    base: KnowledgeBase, question: str, answer: str, reason: str
) -> None:
    entry = base.faq.editable(base.faq.entries("Bob")[0])
    with pytest.raises(VaultError, match=reason):
        base.faq.edit(entry, question, answer)
    assert read(base, "mixed.md") == MIXED


def test_edit_changes_only_its_entry(base: KnowledgeBase) -> None:
    entry = base.faq.editable(base.faq.entries("Bob")[0])
    base.faq.edit(entry, "Who is *she*", "Ann.\n\nAnd more.")
    assert read(base, "mixed.md") == MIXED.replace(
        "## Who is he?\n\nBob.", "## Who is \\*she\\*\\?\n\nAnn.\n\nAnd more."
    )


@pytest.mark.parametrize("question", ["When is tea?", "Is it late?"])
def test_entry_among_other_text_is_edited_in_its_note(base: KnowledgeBase, question: str) -> None:
    (entry,) = base.faq.entries(question)
    assert base.faq.editable(entry).digest is None
    with pytest.raises(VaultError, match="in the note itself"):
        base.faq.remove(base.faq.editable(entry))


def test_merge_keeps_one_of_the_entries_that_ask_the_same(base: KnowledgeBase) -> None:
    write(base, "a.md", "# A\n\n## What is C# good for?\n\nGames.\n\n## And now?\n\nRest.\n")
    write(base, "b.md", "# B\n\n## What is C# good for?\n\nAll.\n")
    base.index()
    ((one, two),) = base.faq.duplicates()
    assert {one.answer, two.answer} == {"Games.", "All."}
    base.faq.merge(two if two.answer == "All." else one, [one, two])
    assert read(base, "a.md") == "# A\n\n## And now?\n\nRest.\n"
    assert "All." in read(base, "b.md")
    base.index()
    assert base.faq.duplicates() == []


def test_pin_is_read_back_and_finds_its_words() -> None:
    source = "a --> b\n\nThe words -- here.\n"
    pin = Pin.of("n.md", source, 0, 7)
    assert "-->" not in pin.comment()[:-3]
    read_back = read_pin(f"x {pin.comment()} y")
    assert read_back is not None
    assert read_back[0] == pin
    assert pin.place(f"a --> c {source}") == (8, 15)
    assert pin.place("a --> c") is None


@pytest.mark.parametrize(
    "data",
    ["{", "{}", '{"note": 1, "start": 0, "end": 1, "begins": "a", "sha256": "b"}', "[]"],
)
def test_what_is_no_pin_is_none(data: str) -> None:
    assert read_pin(f"<!-- kb:source {data} -->") is None


def test_pin_of_a_hostile_note_reads_nothing_outside(base: KnowledgeBase) -> None:
    secret = base.root / ".kb" / "config.toml"
    secret.write_text("# secret", "utf-8")
    for path in ("../x.md", ".kb/config.toml", "/etc/passwd"):
        pin = Pin.of(path, "# secret", 0, 8)
        write(base, "evil.md", f"# E\n\n## Why so?\n\nSo.\n\n{pin.comment()}\n")
        base.index()
        (entry,) = base.faq.entries("evil")
        assert entry.state == "gone"


def test_sections_leave_out_headings_of_another_kind() -> None:
    source = "Who?\n====\n\nText.\n\n## Why?\n\n### Part?\n\nP.\n\n## No question\n\nx\n"
    assert [each.question for each in sections("n.md", source)] == ["Part?"]


@pytest.mark.parametrize("text", ["2 * 3 * 4", "<b>x</b>", "# no", "a_b_c [[d]]", "$x$ and `y`"])
def test_as_markdown_shows_exactly_the_text(text: str) -> None:
    shown = sections("n.md", f"# Q?\n\n{as_markdown(text)}\n")
    assert shown[0].answer == as_markdown(text)


def test_faq_command_names_what_to_review(
    base: KnowledgeBase, promoted: Callable[[], BookEntry]
) -> None:
    write(base, "lakes.md", LAKES.replace("1642", "1700"))
    arguments = ["faq", "--review", "--notes", str(base.root)]
    result = CliRunner().invoke(main, arguments)
    assert result.output.startswith("review this: How deep is Baikal?\n")
    assert f"its source says now: {NEW}" in result.output
    (found,) = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).output)
    assert (found["note"], found["source"]["state"]) == ("faq.md", "changed")
    assert found["answer"] == promoted().answer


def test_entries_follow_a_catalogue_that_was_put_back(base: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "copy" / ".kb").mkdir(parents=True)
    copy = Catalog(tmp_path / "copy")
    copy.take_over(base._catalog)
    write(base, "new.md", "# New\n\n## Which is it?\n\nThe first.\n")
    base.index()
    assert [each.answer for each in base.faq.entries("which")] == ["The first."]
    assert base.ask("Which is it?").text == "The first."
    # Counting on from the copy, the catalogue comes to the same number with another content.
    base._catalog.take_over(copy)
    write(base, "new.md", "# New\n\n## Which is it?\n\nThe second.\n")
    base.index()
    assert [each.answer for each in base.faq.entries("which")] == ["The second."]
    assert base.ask("Which is it?").text == "The second."
    copy.close()


def test_source_that_changes_again_is_seen_without_indexing(
    base: KnowledgeBase, promoted: Callable[[], BookEntry]
) -> None:
    assert not promoted().to_review
    for depth in ("1700", "1800"):
        write(base, "lakes.md", LAKES.replace("1642", depth))
        entry = promoted()
        assert entry.to_review
        assert entry.watched is not None
        assert depth in entry.watched.now
    write(base, "lakes.md", LAKES)
    assert not promoted().to_review
