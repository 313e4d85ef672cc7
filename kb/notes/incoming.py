"""Files that come from outside to become notes, and what is refused of them unread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kb.errors import VaultError

TEXT_SUFFIXES = (".md", ".markdown", ".txt")
DOCUMENT_SUFFIXES = (".pdf", ".docx", ".html", ".htm")
ARCHIVE_SUFFIX = ".zip"
SUFFIXES = (*TEXT_SUFFIXES, *DOCUMENT_SUFFIXES, ARCHIVE_SUFFIX)
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What is taken in.

    :param note_bytes: the largest note.
    :param document_bytes: the largest document or archive; an archive unpacks to four times that.
    :param files: the most files of one archive.
    """

    note_bytes: int
    document_bytes: int
    files: int = 5000

    @property
    def unpacked_bytes(self) -> int:
        """The most that an archive may hold."""
        return 4 * self.document_bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that is not read yet.

    :param name: path as it will be in the notes folder, suffix as it came.
    :param size: in bytes.
    :param read: returns what it holds.
    """

    name: str
    size: int
    read: Callable[[], bytes]

    @classmethod
    def from_bytes(cls, name: str, data: bytes) -> Incoming:
        """Take what is in memory already."""
        return cls(name, len(data), lambda: data)

    @classmethod
    def from_file(cls, path: Path, name: str | None = None) -> Incoming:
        """Take a file on disk.

        :raises VaultError: if it is no ordinary file that can be read.
        """
        try:
            if not path.is_file():
                raise VaultError(f"{path} is no ordinary file")
            size = path.stat().st_size
        except OSError as error:
            raise VaultError(f"{path} cannot be read: {error.strerror or error}") from error
        return cls(name or path.name, size, lambda: _read(path, size))

    @property
    def suffix(self) -> str:
        """What kind of file it is, in lower case."""
        return PurePosixPath(self.name).suffix.lower()

    @property
    def note_name(self) -> str:
        """The name of the note that it becomes."""
        if self.suffix in (".md", ".markdown"):
            return self.name
        return self.name[: -len(self.suffix)] + ".md" if self.suffix else self.name + ".md"


def check(file: Incoming, limits: Limits) -> None:
    """Refuse a file by its name and size.

    :raises VaultError: saying what is wrong with it.
    """
    if file.suffix not in SUFFIXES:
        kinds = ", ".join(each.lstrip(".") for each in SUFFIXES)
        raise VaultError(f"{file.name[:200]} is of no kind that becomes a note ({kinds})")
    limit = limits.note_bytes if file.suffix in TEXT_SUFFIXES else limits.document_bytes
    if file.size > limit:
        raise VaultError(f"{file.name}: larger than {limit / _MIB:g} MiB")


def text_of(name: str, data: bytes) -> str:
    """Decode a file that is to be a note as it is.

    :raises VaultError: if it is not UTF-8 text.
    """
    if (position := data.find(b"\0")) >= 0:
        raise VaultError(f"{name} is not text (zero byte at position {position})")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise VaultError(f"{name} is not UTF-8 text; save it as UTF-8") from error


def _read(path: Path, size: int) -> bytes:
    """Read no more than was looked at: a file can grow, and some never end."""
    try:
        with path.open("rb") as file:
            data = file.read(size + 1)
    except OSError as error:
        raise VaultError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > size:
        raise VaultError(f"{path} grew while it was read: try again")
    return data
