"""Looks into a zip of notes, and refuses by names and sizes what should not be unpacked."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath

from kb.errors import VaultError
from kb.notes.incoming import ARCHIVE_SUFFIX, SUFFIXES, Incoming, Limits, check

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_JUNK = frozenset(["__MACOSX"])


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What an archive holds: files that become notes, and the names of others."""

    files: tuple[Incoming, ...]
    left_out: tuple[str, ...]


def unpack(name: str, data: bytes, limits: Limits) -> Unpacked:
    """List the files of an archive; each is read when it is asked for.

    Pictures, hidden files and other kinds are left out; a name that leads out of the archive, a
    link, a password or too much of anything refuses the whole.

    :raises VaultError: saying what is wrong with which file.
    """
    archive = _opened(name, data)
    infos = archive.infolist()
    _check_sizes(name, infos, limits)
    files: list[Incoming] = []
    left_out: list[str] = []
    for info in infos:
        path = _checked_name(name, info)
        if info.is_dir():
            continue
        if _is_left_out(path):
            left_out.append(path)
        else:
            files.append(_file(name, archive, info, path, limits))
    if not files:
        raise VaultError(f"{name} holds no notes")
    return Unpacked(tuple(files), tuple(left_out))


def _opened(name: str, data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except UnicodeDecodeError as error:
        raise VaultError(f"{name} holds a file whose name is not UTF-8: pack it anew") from error
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise VaultError(f"{name} is no zip that can be read: {error}") from error


def _check_sizes(name: str, infos: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Believe the sizes that are declared: unpacking a file never gives more than its own."""
    if len(infos) > limits.files:
        raise VaultError(f"{name} holds {len(infos):,} files, at most {limits.files:,} are taken")
    total = sum(info.file_size for info in infos)
    if total > limits.unpacked_bytes:
        mib = limits.unpacked_bytes / 1024 / 1024
        raise VaultError(f"{name} unpacks to {total:,} bytes, more than {mib:g} MiB")


def _checked_name(archive: str, info: zipfile.ZipInfo) -> str:
    path = info.filename.rstrip("/")
    if "\0" in info.orig_filename:
        raise VaultError(f"{archive} holds a name with a zero byte: pack it anew")
    if not info.flag_bits & _UTF8_NAME and not path.isascii():
        path = _utf8_name(archive, path)
    problem = None
    if stat.S_ISLNK(info.external_attr >> 16):
        problem = "is a link"
    elif info.flag_bits & _ENCRYPTED:
        problem = "needs a password"
    elif path.startswith(("/", "\\")) or "\\" in path or path[1:2] == ":":
        problem = "has a name that is not relative to the archive"
    elif ".." in path.split("/"):
        problem = "has a name that leads out of the archive"
    if problem:
        raise VaultError(f"{archive}: {path[:200]!a} {problem}; nothing was taken of it")
    return path


def _utf8_name(archive: str, path: str) -> str:
    """Read a name that is not marked as UTF-8: it may be all the same, as macOS writes it."""
    try:
        return path.encode("cp437").decode("utf-8")
    except UnicodeError as error:
        raise VaultError(
            f"{archive} holds a file whose name is not UTF-8 ({path[:80]!a}): pack it anew with a"
            " program that writes names in UTF-8"
        ) from error


def _is_left_out(path: str) -> bool:
    parts = PurePosixPath(path).parts
    hidden = any(part.startswith(".") or part in _JUNK for part in parts)
    return hidden or not path.lower().endswith(SUFFIXES)


def _file(
    archive: str, opened: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, limits: Limits
) -> Incoming:
    def read() -> bytes:
        try:
            with opened.open(info) as file:
                return file.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise VaultError(f"{archive}: {path} cannot be unpacked: {error}") from error
        except (RuntimeError, ValueError) as error:
            raise VaultError(f"{archive}: {path} cannot be unpacked: {error}") from error

    file = Incoming(path, info.file_size, read)
    if file.suffix == ARCHIVE_SUFFIX:
        raise VaultError(f"{archive}: {path} is an archive in an archive: unpack it first")
    check(file, limits)
    return file
