"""The manifest beside a bundled model: its files with sizes and hashes, and what made it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import ModelError

MANIFEST = "manifest.json"
_RESTORE = (
    "restore it: `pip install --force-reinstall notes-kb`, or `git checkout` it in a working copy"
)


@dataclass(frozen=True)
class Manifest:
    """What a model folder should hold.

    :param files: name → (bytes, SHA-256 in hex).
    :param facts: anything else recorded when the model was made.
    """

    folder: Path
    files: dict[str, tuple[int, str]]
    facts: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with any file's content."""
        return self.fingerprint_of(*self.files)

    def fingerprint_of(self, *names: str) -> str:
        """Return sixteen hexadecimal digits that change with the content of these files."""
        together = "".join(f"{name}{self.files[name][1]}" for name in sorted(names))
        return hashlib.sha256(together.encode()).hexdigest()[:16]

    def path(self, name: str) -> Path:
        """Return a file's path after comparing it with its hash: 50 ms for all files together.

        :raises ModelError: if it is missing or holds something else.
        """
        path = self.folder / name
        size, digest = self.files[name]
        problem = _difference(path, size, digest)
        if problem:
            raise ModelError(f"the model file {path} is damaged ({problem}); {_RESTORE}")
        return path

    def verify(self) -> None:
        """Compare every file with its hash.

        :raises ModelError: naming the first file that differs.
        """
        for name in self.files:
            self.path(name)


def _difference(path: Path, size: int, digest: str) -> str | None:
    """Say how a file differs from what it should be, or None."""
    try:
        actual = path.stat().st_size
        if actual != size:
            return f"{actual} bytes instead of {size}"
        return None if _digest(path) == digest else "its content is not what it was"
    except FileNotFoundError:
        return "missing"
    except OSError as exc:
        return f"cannot be read: {exc.strerror}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a model folder.

    :raises ModelError: if it is missing or damaged.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        files = {
            name: (int(size), str(digest)) for name, (size, digest) in content["files"].items()
        }
        return Manifest(folder, files, content["facts"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ModelError(f"cannot read {path} ({exc}); {_RESTORE}") from exc


def write_manifest(folder: Path, names: list[str], facts: dict[str, Any]) -> Manifest:
    """Record the files ``names`` of ``folder`` as they stand."""
    return _written(Manifest(folder, {name: _state(folder / name) for name in names}, facts))


def record_file(folder: Path, name: str) -> Manifest:
    """Record one more file of ``folder``, or a new state of one; the others stay as recorded.

    :raises ModelError: if there is no manifest.
    """
    before = read_manifest(folder)
    files = {**before.files, name: _state(folder / name)}
    return _written(Manifest(folder, files, before.facts))


def _state(path: Path) -> tuple[int, str]:
    return path.stat().st_size, _digest(path)


def _written(manifest: Manifest) -> Manifest:
    fields = {"files": manifest.files, "facts": manifest.facts}
    text = json.dumps(fields, indent=2, ensure_ascii=False)
    (manifest.folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest
