from __future__ import annotations

from pathlib import Path

import pytest

from kb.errors import NoteChanged, VaultError
from kb.notes import transaction
from kb.notes.editing import NoteEditor
from kb.notes.incoming import Limits
from kb.notes.linking import backlinks, links_of


@pytest.fixture
def editor(tmp_path: Path) -> NoteEditor:
    return NoteEditor(tmp_path, Limits(100_000, 100_000))


def write(root: Path, notes: dict[str, str]) -> None:
    for path, text in notes.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())


def read(root: Path) -> dict[str, str]:
    files = (each for each in root.rglob("*") if each.is_file() and ".kb" not in each.parts)
    return {each.relative_to(root).as_posix(): each.read_bytes().decode() for each in files}


def test_links_know_their_place_and_code_has_none() -> None:
    source = (
        "---\na: '[[x]]'\n---\n[[One#Part|label]] ![[two]] [t](a/b%20c.md#x) ![p](<p q.png>)\n"
        "`[[no]]` [u](https://e.org/x.md) [m](mailto:a@b.c) [h](#here) [[#own]]\n\n"
        "    [[code]]\n\n| a |\n| - |\n| [[cell\\|shown]] |\n\n[ref]: ./r.md 'title'\n"
    )
    found = list(links_of(source))
    assert [each.target for each in found if each.is_wiki] == ["One", "two", "cell"]
    targets = ["a/b%20c.md", "p q.png", "./r.md"]
    assert [each.target for each in found if not each.is_wiki] == targets
    assert all(source[each.start : each.end] == each.target for each in found)


def test_move_takes_the_links_along(tmp_path: Path, editor: NoteEditor) -> None:
    write(
        tmp_path,
        {
            "a/old.md": "# Old\r\n[[other]] [o](other.md) [up](../top.md#x) ![p](pics/p.png)\r\n",
            "a/other.md": "[[old]], [[a/old#Part|shown]] and [t](old.md 'title') `[[old]]`\n",
            "a/pics/p.png": "",
            "top.md": (
                "[x](a/old.md#part) [[OLD.md]] [q](./a/old) ![[old]] [r][r]\n\n[r]: a/old.md\n"
            ),
            "far/away.md": "[y](/a/old.md) [z](../a/older.md) old [[older]]\n",
            "a/older.md": "[[old|old]]\n",
        },
    )
    plan = editor.plan_move("a/old.md", "new place/名 (1)")
    before = read(tmp_path)
    assert ("a/old.md", 2, "other.md", "../a/other.md") in [
        (each.note, each.line, each.before, each.after) for each in plan.links
    ]
    assert read(tmp_path) == before
    editor.move("a/old.md", "new place/名 (1)", plan.version)
    assert read(tmp_path) == {
        "new place/名 (1).md": (
            "# Old\r\n[[other]] [o](../a/other.md) [up](../top.md#x) ![p](../a/pics/p.png)\r\n"
        ),
        "a/other.md": (
            "[[名 (1)]], [[new place/名 (1)#Part|shown]] and"
            " [t](../new%20place/名%20%281%29.md 'title') `[[old]]`\n"
        ),
        "a/pics/p.png": "",
        "top.md": (
            "[x](new%20place/名%20%281%29.md#part) [[名 (1).md]] [q](./new%20place/名%20%281%29)"
            " ![[名 (1)]] [r][r]\n\n[r]: new%20place/名%20%281%29.md\n"
        ),
        "far/away.md": "[y](/new%20place/名%20%281%29.md) [z](../a/older.md) old [[older]]\n",
        "a/older.md": "[[名 (1)|old]]\n",
    }
    assert not (tmp_path / ".kb" / "journal.json").exists()


def test_move_keeps_links_to_another_note_of_the_new_name(
    tmp_path: Path, editor: NoteEditor
) -> None:
    write(tmp_path, {"z/same.md": "z", "b/old.md": "b", "link.md": "[[same]] [[old]]"})
    editor.move("b/old.md", "b/same")
    assert read(tmp_path)["link.md"] == "[[z/same]] [[same]]"
    editor.move("b/same.md", "b/old")
    assert read(tmp_path)["link.md"] == "[[z/same]] [[old]]"


@pytest.mark.parametrize(
    ("path", "name", "reason"),
    [
        ("a.md", "b", "already there"),
        ("a.md", "a.md", "has that name"),
        ("a.md", "../out", "stay inside"),
        ("a.md", "x#y", "a link cannot hold"),
        ("no.md", "x", "no note"),
        ("../a.md", "x", "no note"),
        (".kb/journal.json", "x", "no note"),
    ],
)
def test_move_is_refused(
    tmp_path: Path, editor: NoteEditor, path: str, name: str, reason: str
) -> None:
    write(tmp_path, {"a.md": "a", "b.md": "[[a]]"})
    with pytest.raises(VaultError, match=reason):
        editor.move(path, name)
    assert read(tmp_path) == {"a.md": "a", "b.md": "[[a]]"}


def test_move_is_the_one_that_was_shown(tmp_path: Path, editor: NoteEditor) -> None:
    write(tmp_path, {"a.md": "a", "b.md": "[[a]]"})
    plan = editor.plan_move("a.md", "c")
    write(tmp_path, {"b.md": "[[a]] and [[a]] again"})
    with pytest.raises(NoteChanged, match="look at it again"):
        editor.move("a.md", "c", plan.version)
    assert read(tmp_path) == {"a.md": "a", "b.md": "[[a]] and [[a]] again"}


def test_move_that_fails_in_the_middle_is_undone(
    tmp_path: Path, editor: NoteEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = {"a.md": "a", "b.md": "[[a]]", "c.md": "[[a]]"}
    write(tmp_path, notes)
    replace = transaction.replace_atomic

    def fail_at_second(path: Path, text: str, expected: str | bytes) -> None:
        if path.name == "c.md":
            path.write_text("theirs")
        replace(path, text, expected)

    monkeypatch.setattr(transaction, "replace_atomic", fail_at_second)
    with pytest.raises(NoteChanged):
        editor.move("a.md", "new")
    assert read(tmp_path) == {**notes, "c.md": "theirs"}


def test_move_removes_the_folders_that_it_empties(tmp_path: Path, editor: NoteEditor) -> None:
    editor.add("a/b/one.md", "One\n")
    editor.add("a/two.md", "Two\n")
    editor.move("a/b/one.md", "one")
    assert not (tmp_path / "a/b").exists()
    assert (tmp_path / "a/two.md").is_file()
    editor.move("a/two.md", "c/two")
    assert not (tmp_path / "a").exists()
    editor.move("one.md", "c/one")
    assert tmp_path.is_dir()


def test_move_keeps_a_folder_with_anything_in_it(tmp_path: Path, editor: NoteEditor) -> None:
    editor.add("a/one.md", "One\n")
    (tmp_path / "a/.hidden").touch()
    editor.move("a/one.md", "one")
    assert (tmp_path / "a/.hidden").is_file()


def test_backlinks_name_the_line(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a/here.md": "# The place\n[[here]]",
            "b.md": "# B\n\nSee [[here#x]] for it.\n\nAnd [[the place]]; [h](a/here.md).\n",
            "c.md": "here is no link",
            "d.md": "`[[here]]`",
        },
    )
    notes = [("a/here.md", "The place"), ("b.md", "B"), ("c.md", "c"), ("d.md", "d")]
    found = backlinks(tmp_path, notes, "a/here.md", max_bytes=1000)
    assert [(each.path, each.title, each.line) for each in found] == [
        ("b.md", "B", "See here#x for it."),
        ("b.md", "B", "And the place; [h](a/here.md)."),
        ("b.md", "B", "And the place; [h](a/here.md)."),
    ]


def test_backlinks_find_links_by_an_alias(tmp_path: Path) -> None:
    write(tmp_path, {"here.md": "# The place\n", "b.md": "# B\n\nSee [[Old  name#Part]].\n"})
    notes = [("here.md", "The place", "Old name"), ("b.md", "B")]
    assert [each.path for each in backlinks(tmp_path, notes, "here.md", max_bytes=1000)] == []
    write(tmp_path, {"b.md": "# B\n\nSee [[old name#Part]].\n"})
    assert [each.path for each in backlinks(tmp_path, notes, "here.md", max_bytes=1000)] == ["b.md"]
