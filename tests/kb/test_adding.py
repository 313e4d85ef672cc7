from __future__ import annotations

import io
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.errors import VaultError
from kb.notes import converting, transaction
from kb.notes.editing import NoteEditor
from kb.notes.incoming import Incoming, Limits
from kb.notes.journal import Entry, Journal
from kb.notes.writing import version_of, write_atomic
from tests.kb import documents

KIB = 1024


@pytest.fixture
def editor(tmp_path: Path) -> NoteEditor:
    return NoteEditor(tmp_path / "notes", Limits(10 * KIB, 100 * KIB, files=20))


@pytest.fixture(autouse=True)
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


def listed(notes: Path) -> list[str]:
    found = (each.relative_to(notes) for each in notes.rglob("*") if each.is_file())
    return sorted(each.as_posix() for each in found if each.parts[0] != ".kb")


def packed(files: dict[str, str | bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # As it stands: a name given as text would lose what attacks with it.
            info = zipfile.ZipInfo()
            info.filename = name
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return data.getvalue()


def add(editor: NoteEditor, name: str, data: bytes | str, **options: object) -> tuple[str, ...]:
    raw = data.encode() if isinstance(data, str) else data
    return editor.add_files([Incoming.from_bytes(name, raw)], **options).paths  # type: ignore[arg-type]


def test_texts_become_notes_as_they_are(editor: NoteEditor, notes: Path) -> None:
    assert add(editor, "a.md", "# 中\r\n") == ("a.md",)
    assert add(editor, "B.TXT", "plain", folder="in/") == ("in/B.md",)
    assert (notes / "a.md").read_bytes() == "# 中\r\n".encode()
    assert listed(notes) == ["a.md", "in/B.md"]


def test_zip_becomes_the_notes_in_it(editor: NoteEditor, notes: Path) -> None:
    data = packed(
        {
            "地理/河.md": "# 河",
            "b.txt": "b",
            "pictures/p.png": b"\x89PNG",
            ".obsidian/app.json": "{}",
            "__MACOSX/._b.txt": "x",
        }
    )
    added = editor.add_files([Incoming.from_bytes("v.zip", data)], folder="new")
    assert added.paths == ("new/地理/河.md", "new/b.md")
    assert set(added.left_out) == {"pictures/p.png", ".obsidian/app.json", "__MACOSX/._b.txt"}
    assert listed(notes) == ["new/b.md", "new/地理/河.md"]


@pytest.mark.parametrize(
    "name",
    [
        "../out.md",
        "a/../../out.md",
        "/tmp/kb-out.md",
        r"..\out.md",
        r"C:\out.md",
        "C:out.md",
        r"\\server\share\out.md",
        "a//out.md",
        "con.md",
        "dir /out.md",
        "line\nbreak.md",
        "x" * 300 + ".md",
    ],
)
@pytest.mark.parametrize("zipped", [False, True], ids=["file", "zip"])
def test_names_that_lead_out_or_fit_no_system_are_refused(
    editor: NoteEditor, notes: Path, name: str, zipped: bool
) -> None:
    data = packed({"good.md": "good", name: "bad"}) if zipped else b"bad"
    with pytest.raises(VaultError) as caught:
        add(editor, "v.zip" if zipped else name, data)
    assert "\n" not in str(caught.value)
    assert listed(notes) == []
    assert not (notes.parent / "out.md").exists()
    assert not Path("/tmp/kb-out.md").exists()


def test_zip_with_a_zero_byte_in_a_name_is_refused(editor: NoteEditor, notes: Path) -> None:
    data = packed({"good.mdXevil": "x"}).replace(b"good.mdXevil", b"good.md\0evil")
    with pytest.raises(VaultError, match="zero byte"):
        add(editor, "v.zip", data)
    assert listed(notes) == []


def test_zip_with_a_link_is_refused(editor: NoteEditor, notes: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        info = zipfile.ZipInfo("link.md")
        info.create_system = 3
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(VaultError, match="is a link"):
        add(editor, "v.zip", data.getvalue())
    assert listed(notes) == []


def test_zip_bomb_is_refused_unread(notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed({f"{n}.md": b"\0" * (9 * KIB) for n in range(19)})
    large = packed({"a.md": b"a" * (11 * KIB)})
    many = packed({f"{n}.md": "x" for n in range(21)})
    most = NoteEditor(notes, Limits(10 * KIB, 20 * KIB, files=20))

    def read(*_: object) -> bytes:
        raise AssertionError("it was read")

    monkeypatch.setattr(zipfile.ZipExtFile, "read", read)
    for data, reason in ((bomb, "unpacks to"), (large, "larger than"), (many, "holds 21 files")):
        assert len(data) < 20 * KIB
        with pytest.raises(VaultError, match=reason):
            add(most, "v.zip", data)


def test_zip_that_lies_about_its_sizes_gives_no_more_than_it_says(
    editor: NoteEditor, notes: Path
) -> None:
    honest = packed({"a.md": b"a" * 5_000_000})
    size = struct.pack("<L", 5_000_000)
    lying = honest.replace(size, struct.pack("<L", 100))
    assert lying != honest
    with pytest.raises(VaultError, match="cannot be unpacked"):
        add(editor, "v.zip", lying)
    assert listed(notes) == []


def test_zip_names_of_another_encoding_are_refused(editor: NoteEditor) -> None:
    name = "中文.md".encode("gbk")
    stand_in = "x" * (len(name) - 3) + ".md"
    data = packed({stand_in: "x"}).replace(stand_in.encode(), name)
    with pytest.raises(VaultError, match="not UTF-8"):
        add(editor, "v.zip", data)
    # The same as it is packed by macOS: UTF-8, and not marked as that.
    name = "中文.md".encode()
    stand_in = "x" * (len(name) - 3) + ".md"
    data = packed({stand_in: "x"}).replace(stand_in.encode(), name)
    assert add(editor, "v.zip", data) == ("中文.md",)
    # Marked as UTF-8, and not that.
    data = packed({"中文.md": "x"}).replace("中文".encode(), b"\xff" * 6)
    with pytest.raises(VaultError, match="not UTF-8"):
        add(editor, "v.zip", data)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a.md": "1", "A.md": "2"}, "same note"),
        ({"a.md": "1", "a.txt": "2"}, "same note"),
        ({"caf\u00e9.md": "1", "cafe\u0301.md": "2"}, "same note"),
        ({"a.md": "1", "inner.zip": packed({"b.md": "x"})}, "archive in an archive"),
        ({"p.png": "1"}, "no notes"),
        ({"a.md": "good", "b.md": b"\xff\xfe"}, "not UTF-8 text"),
        ({"a.md": "good", "b.md": b"a\0b"}, "zero byte"),
    ],
)
def test_zip_is_taken_whole_or_not_at_all(
    editor: NoteEditor, notes: Path, files: dict[str, str | bytes], reason: str
) -> None:
    with pytest.raises(VaultError, match=reason):
        add(editor, "v.zip", packed(files))
    assert listed(notes) == []


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", packed({"a.md": "x" * 500})[:-30]])
def test_zip_that_is_none_is_refused(editor: NoteEditor, data: bytes) -> None:
    with pytest.raises(VaultError, match="no zip"):
        add(editor, "v.zip", data)


def test_giant_file_is_refused_unread(editor: NoteEditor, tmp_path: Path) -> None:
    giant = tmp_path / "giant.md"
    with giant.open("wb") as file:
        file.truncate(50 * 1024**3)  # a hole: it takes no room
    incoming = Incoming.from_file(giant)
    with pytest.raises(VaultError, match="larger than"):
        editor.add_files([incoming])


@pytest.mark.skipif(sys.platform == "win32", reason="there are no device files")
def test_device_is_refused() -> None:
    with pytest.raises(VaultError, match="no ordinary file"):
        Incoming.from_file(Path("/dev/zero"))


def test_files_of_other_kinds_are_refused(editor: NoteEditor) -> None:
    for name in ("a.exe", "a", "a.md.exe"):
        with pytest.raises(VaultError, match="no kind"):
            add(editor, name, "x")


def test_taken_name_adds_nothing_unless_asked(editor: NoteEditor, notes: Path) -> None:
    (notes / "b.md").write_text("old")
    data = packed({"a.md": "new a", "b.md": "new b"})
    with pytest.raises(VaultError, match="already there"):
        add(editor, "v.zip", data)
    assert listed(notes) == ["b.md"]
    assert (notes / "b.md").read_text() == "old"
    add(editor, "v.zip", data, overwrite=True)
    assert (notes / "b.md").read_text() == "new b"


def test_disk_that_fills_up_leaves_the_notes_as_they_were(
    editor: NoteEditor, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (notes / "b.md").write_text("old")
    written: list[str] = []

    def fail_at_third(path: Path, text: str | bytes, *, overwrite: bool = False) -> None:
        if path.name == "c.md":
            raise VaultError("c.md cannot be written: No space left on device")
        written.append(path.name)
        write_atomic(path, text, overwrite=overwrite)

    monkeypatch.setattr(transaction, "write_atomic", fail_at_third)
    data = packed({"a.md": "a", "b.md": "new", "c.md": "c"})
    with pytest.raises(VaultError, match="No space"):
        add(editor, "v.zip", data, overwrite=True)
    assert "a.md" in written
    assert listed(notes) == ["b.md"]
    assert (notes / "b.md").read_text() == "old"


@pytest.mark.parametrize(
    ("name", "make"), [("a.docx", documents.docx), ("a.pdf", documents.pdf), ("a.html", None)]
)
def test_documents_become_markdown(
    editor: NoteEditor, notes: Path, name: str, make: Callable[[], bytes] | None
) -> None:
    assert add(editor, name, make() if make else documents.HTML.encode()) == ("a.md",)
    text = (notes / "a.md").read_text(encoding="utf-8")
    assert "Lake Baikal is 1642 metres deep." in text
    if not name.endswith(".pdf"):
        assert "# Lakes\n" in text
        assert "| Baikal | 1642" in text
        assert "长江全长约6300公里" in text
    assert "alert" not in text


def test_html_is_decoded_as_it_says(editor: NoteEditor, notes: Path) -> None:
    html = "<html><head><meta charset='gbk'><title>长江 &amp; 黄河</title></head><p>很长</p></html>"
    add(editor, "a.html", html.encode("gbk"))
    assert (notes / "a.md").read_text(encoding="utf-8") == "# 长江 & 黄河\n\n很长\n"
    with pytest.raises(VaultError, match="is not utf-8 text"):
        add(editor, "b.html", html.replace("gbk", "utf-8").encode("gbk"))


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", b"%PDF-1.4 rubbish", "cannot be converted"),
        ("a.docx", b"PK\3\4rubbish", "cannot be converted"),
        ("a.docx", documents.docx(bomb=300_000_000), "cannot be converted: .*exceeds limit"),
        ("a.html", b"<p> </p>", "holds no text"),
    ],
    ids=["pdf", "docx", "docx-bomb", "empty"],
)
def test_documents_that_cannot_be_read_are_one_error(
    tmp_path: Path, notes: Path, name: str, data: bytes, reason: str
) -> None:
    editor = NoteEditor(tmp_path / "notes", Limits(10 * KIB, 1000 * KIB))
    with pytest.raises(VaultError, match=reason) as caught:
        add(editor, name, data)
    assert "\n" not in str(caught.value)
    assert listed(notes) == []


def test_docx_reads_no_file_of_this_machine(editor: NoteEditor, notes: Path) -> None:
    add(editor, "a.docx", documents.docx(external="file:///etc/passwd"))
    assert "root:" not in (notes / "a.md").read_text(encoding="utf-8")


def test_converter_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "_CHILD", "import time; time.sleep(600)")
    with pytest.raises(VaultError, match=r"not converted within 0\.2 seconds"):
        converting.to_markdown("a.pdf", ".pdf", b"%PDF", seconds=0.2)


def test_converter_that_is_missing_names_the_extra(
    editor: NoteEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converting, "find_spec", lambda _name: None)
    with pytest.raises(VaultError, match=r"pip install 'notes-kb\[convert\]'"):
        add(editor, "a.pdf", b"%PDF")


@pytest.mark.parametrize("at", ["write", "replace", "remove"])
def test_crash_is_put_right_by_the_next_change(notes: Path, at: str) -> None:
    """A real process dies in the middle, as by the power cut."""
    (notes / "old.md").write_text("old")
    (notes / "link.md").write_text("[[old]]")
    script = f"""
import os
from pathlib import Path
from kb.notes import transaction
from kb.notes.transaction import Change
root = Path({str(notes)!r})
real = transaction._make
kinds = dict(write="new.md", replace="link.md", remove="old.md")
def make(root, change):
    real(root, change)
    if change.path == kinds[{at!r}]:
        os._exit(9)
transaction._make = make
transaction.apply(root, [
    Change("old.md", b"old", None), Change("link.md", b"[[old]]", "[[new]]"),
    Change("new.md", None, "old"),
])
"""
    run = subprocess.run([sys.executable, "-c", script], check=False)
    assert run.returncode == 9
    assert "new.md" in listed(notes)
    NoteEditor(notes, Limits(100, 100)).write("other", "x", None)
    name = "new" if at == "remove" else "old"  # after the last of its steps it is made whole
    assert listed(notes) == sorted(["link.md", f"{name}.md", "other.md"])
    assert (notes / f"{name}.md").read_text() == "old"
    assert (notes / "link.md").read_text() == f"[[{name}]]"


def test_crash_does_not_undo_what_another_program_wrote_since(notes: Path) -> None:
    (notes / "a.md").write_text("old")
    journal = Journal(notes)
    journal.write([Entry("a.md", b"old", version_of("new")), Entry("b.md", None, version_of("b"))])
    (notes / "a.md").write_text("theirs")
    (notes / "b.md").write_text("theirs too")
    assert transaction.recover(notes) == []
    assert not journal.path.exists()
    assert (notes / "a.md").read_text() == "theirs"
    assert (notes / "b.md").read_text() == "theirs too"


@pytest.mark.parametrize("path", ["../out.md", "link/out.md", ".bashrc", "/tmp/out.md", "a.txt"])
def test_journal_that_came_with_the_folder_writes_nothing_outside(
    notes: Path, tmp_path: Path, path: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (notes / "link").symlink_to(outside)
    Journal(notes).write([Entry(path, b"evil", None), Entry("last.md", None, version_of("x"))])
    with pytest.raises(VaultError, match="move it away"):
        NoteEditor(notes, Limits(100, 100)).write("other", "x", None)
    assert not (notes / path).exists()
    assert [each.name for each in notes.rglob("*.md")] == []
