"""Listing, reading and writing notes."""

import os
import threading
from pathlib import Path

import pytest

from kb.errors import NoteError, VaultError
from kb.notes.vault import read_text, safe_path, scan, write_atomic
from tests.permissions import unprivileged


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    """Give an empty notes folder with something beside it."""
    (tmp_path / "outside.md").write_text("secret")
    root = tmp_path / "notes"
    root.mkdir()
    return root


def put(root: Path, path: str, data: str | bytes = "text") -> Path:
    """Write a file and the folders above it."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return file


def paths_of(root: Path) -> list[str]:
    """Return the paths that a scan lists."""
    return [file.path for file in scan(root).files]


def test_scan_lists_notes_sorted(vault: Path) -> None:
    for path in ("b.md", "a/c.MD", "a/b/d.markdown", "e.txt", "f.md.bak", "\u4e2d\u6587.md"):
        put(vault, path)
    assert paths_of(vault) == ["a/b/d.markdown", "a/c.MD", "b.md", "\u4e2d\u6587.md"]
    assert scan(vault).skipped == ()


def test_scan_gives_size_and_time(vault: Path) -> None:
    status = put(vault, "a.md", "12345").stat()
    file = scan(vault).files[0]
    assert (file.size, file.mtime_ns) == (5, status.st_mtime_ns)


def test_scan_leaves_hidden_out(vault: Path) -> None:
    for path in (".a.md", ".kb/b.md", ".git/c.md", "d/.trash/e.md", ".obsidian/f.md"):
        put(vault, path)
    assert scan(vault) == type(scan(vault))((), ())


def test_scan_follows_links_to_files_inside_only(vault: Path) -> None:
    put(vault, "a/real.md")
    put(vault, ".kb/hidden.md")
    (vault / "link.md").symlink_to("a/real.md")
    (vault / "out.md").symlink_to("../outside.md")
    (vault / "gone.md").symlink_to("nothing.md")
    (vault / "hidden.md").symlink_to(".kb/hidden.md")
    (vault / "self.md").symlink_to("self.md")
    (vault / "a/up").symlink_to("..")
    (vault / "b").symlink_to("a")
    (vault / "parent").symlink_to("../..")
    assert paths_of(vault) == ["a/real.md", "link.md"]
    assert {skipped.path: skipped.reason for skipped in scan(vault).skipped} == {
        "a/up": "link leads in a circle",
        "b": "link to a folder whose notes are listed where they are",
        "gone.md": "link leads nowhere",
        "hidden.md": "link leads to a hidden file or folder",
        "out.md": "link leads out of the notes folder",
        "parent": "link leads out of the notes folder",
        "self.md": "link leads in a circle",
    }


def test_scan_follows_a_link_to_the_folder_itself(vault: Path, tmp_path: Path) -> None:
    put(vault, "a.md")
    (tmp_path / "alias").symlink_to(vault)
    assert paths_of(tmp_path / "alias") == ["a.md"]


def test_scan_skips_large_files(vault: Path) -> None:
    put(vault, "a.md", "x" * 11)
    put(vault, "b.md", "x" * 10)
    found = scan(vault, max_bytes=10)
    assert [file.path for file in found.files] == ["b.md"]
    assert "larger than" in found.skipped[0].reason


def test_scan_skips_what_is_no_file(vault: Path) -> None:
    os.mkfifo(vault / "pipe.md")
    (vault / "folder.md").mkdir()
    assert scan(vault).files == ()
    assert [skipped.reason for skipped in scan(vault).skipped] == ["not an ordinary file"]


def test_scan_skips_names_that_are_not_text(vault: Path) -> None:
    try:
        (vault / os.fsdecode(b"a\xff.md")).write_text("x")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    assert scan(vault).files == ()
    assert "not valid UTF-8" in scan(vault).skipped[0].reason


def test_scan_skips_what_may_not_be_read(vault: Path) -> None:
    put(vault, "a.md").chmod(0)
    put(vault, "b/c.md").parent.chmod(0)
    skipped = unprivileged(lambda: scan(vault).skipped)
    (vault / "b").chmod(0o700)
    assert [each.reason for each in skipped] == [
        "cannot be read (permission denied)",
        "folder cannot be read (permission denied)",
    ]


def test_scan_survives_deep_folders(vault: Path) -> None:
    deep = "/".join(["d"] * 400) + "/a.md"
    put(vault, deep)
    assert paths_of(vault) == [deep]


def test_scan_ignores_files_that_vanish(vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(vault, "a.md")
    put(vault, "b.md")
    stat = Path.stat

    def vanish(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.name == "a.md":
            raise FileNotFoundError(2, "gone")
        return stat(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", vanish)
    found = scan(vault)
    assert [file.path for file in found.files] == ["b.md"]
    assert found.skipped == ()


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing", "no folder .*missing: make"), ("file.md", "is not a folder"), ("a\0b", "cannot")],
)  # fmt: skip
def test_scan_refuses_what_is_no_folder(vault: Path, name: str, message: str) -> None:
    put(vault, "file.md")
    with pytest.raises(VaultError, match=message):
        scan(vault / name)


@pytest.mark.parametrize("text", ["a\r\nb\rc\n", "\ufeffa", "\u4e2d\U0001f600", ""])
def test_read_text_keeps_every_character(vault: Path, text: str) -> None:
    put(vault, "a/b.md", text)
    assert read_text(vault, "a/b.md") == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ab\0c", r"^a\.md: is not text \(zero byte at position 2\)"),
        (b"abc\xff", r"^a\.md: is not UTF-8 text \(byte 0xff at position 3\)"),
        ("\u4e2d".encode("gbk"), r"^a\.md: is not UTF-8 text"),
        (b"x" * 101, r"^a\.md: larger than"),
    ],
)
def test_read_text_names_what_is_wrong(vault: Path, data: bytes, message: str) -> None:
    put(vault, "a.md", data)
    with pytest.raises(NoteError, match=message):
        read_text(vault, "a.md", max_bytes=100)


@pytest.mark.parametrize("path", ["gone.md", "../outside.md", "a\0b.md", "folder"])
def test_read_text_refuses_what_is_no_note(vault: Path, path: str) -> None:
    (vault / "folder").mkdir()
    with pytest.raises(NoteError):
        read_text(vault, path)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a", "a.md"),
        (" a b ", "a b.md"),
        ("a.MD", "a.MD"),
        ("x/y/\u4e2d\u6587.markdown", "x/y/\u4e2d\u6587.markdown"),
        ("v1.2", "v1.2.md"),
        ("console", "console.md"),
        ("\u4e2d" * 65, "\u4e2d" * 65 + ".md"),
    ],
)
def test_safe_path_gives_a_path_inside(vault: Path, name: str, path: str) -> None:
    assert safe_path(vault, name) == vault.resolve() / path


@pytest.mark.parametrize(
    "name",
    [
        *("", "  ", "/a", "../a", "a/../b", "a/..", "a\\b", "a\0b", "a\nb", "a\x85b", "a\x7f", "."),
        *(".a", "a/.b/c", "a//b", "a/", "./a", "CON", "con.md", "a/Nul.txt", "com1", "lpt\u00b9"),
        *("\u4e2d" * 66, "a" * 198, "a?b", "C:a", "a /b", "a./b", "\ud800"),
    ],
)  # fmt: skip
def test_safe_path_refuses(vault: Path, name: str) -> None:
    with pytest.raises(VaultError) as caught:
        safe_path(vault, name)
    assert "\n" not in str(caught.value)
    str(caught.value).encode()


def test_safe_path_refuses_links_out(vault: Path) -> None:
    (vault / "out").symlink_to("..")
    (vault / "note.md").symlink_to("../outside.md")
    (vault / ".kb").mkdir()
    (vault / "hidden").symlink_to(".kb")
    for name in ("out/a", "note", "hidden/a"):
        with pytest.raises(VaultError, match="leads"):
            safe_path(vault, name)


def test_write_atomic_writes_text_as_it_is(vault: Path) -> None:
    write_atomic(vault / "a/b.md", "x\r\ny\u4e2d")
    assert (vault / "a/b.md").read_bytes() == "x\r\ny\u4e2d".encode()
    assert [path.name for path in (vault / "a").iterdir()] == ["b.md"]


def test_write_atomic_replaces_only_when_told(vault: Path) -> None:
    note = put(vault, "a.md", "old")
    note.chmod(0o640)
    with pytest.raises(VaultError, match="already there"):
        write_atomic(note, "new")
    assert note.read_text() == "old"
    write_atomic(note, "new", overwrite=True)
    assert note.read_text() == "new"
    assert note.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in vault.iterdir()] == ["a.md"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_write_atomic_leaves_nothing_behind(
    vault: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(VaultError, match="No space left"):
        write_atomic(vault / "a.md", "x", overwrite=overwrite)
    assert list(vault.iterdir()) == []


def test_write_atomic_works_without_hard_links(
    vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: Path, _target: Path) -> None:
        raise PermissionError(1, "no hard links here")

    monkeypatch.setattr(Path, "hardlink_to", fail)
    write_atomic(vault / "a.md", "x")
    with pytest.raises(VaultError, match="already there"):
        write_atomic(vault / "a.md", "y")
    assert (vault / "a.md").read_text() == "x"
    assert [path.name for path in vault.iterdir()] == ["a.md"]


def test_write_atomic_names_a_file_in_the_way(vault: Path) -> None:
    put(vault, "a")
    for path in ("a/b.md", "a/b/c.md"):
        with pytest.raises(VaultError, match=r"not a folder|Not a directory"):
            write_atomic(vault / path, "x")


def test_write_atomic_refuses_half_characters(vault: Path) -> None:
    with pytest.raises(VaultError, match="UTF-8"):
        write_atomic(vault / "a.md", "\ud800")
    assert list(vault.iterdir()) == []


def test_write_atomic_lets_one_of_many_writers_win(vault: Path) -> None:
    won: list[int] = []
    barrier = threading.Barrier(8)

    def write(number: int) -> None:
        barrier.wait()
        try:
            write_atomic(vault / "a.md", str(number))
        except VaultError:
            return
        won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert (vault / "a.md").read_text() == str(won[0])
    assert [path.name for path in vault.iterdir()] == ["a.md"]
