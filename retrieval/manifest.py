"""The manifest beside a bundled model: its files with sizes and hashes, and what made it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import ModelError

_NAME = "manifest.json"
_RESTORE = "reinstall the package, or check it out again, to restore it"


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
        together = "".join(f"{name}{self.files[name][1]}" for name in sorted(self.files))
        return hashlib.sha256(together.encode()).hexdigest()[:16]

    def path(self, name: str) -> Path:
        """Return a file's path after checking its size, which finds a truncated one at no cost.

        :raises ModelError: if it is missing or of another size.
        """
        path = self.folder / name
        expected, _digest = self.files[name]
        actual = path.stat().st_size if path.is_file() else None
        if actual != expected:
            state = "missing" if actual is None else f"{actual} bytes instead of {expected}"
            raise ModelError(f"the model file {path} is damaged ({state}); {_RESTORE}")
        return path

    def verify(self) -> None:
        """Compare every file with its hash.

        :raises ModelError: naming the first file that differs.
        """
        for name, (_size, expected) in self.files.items():
            if _digest(self.path(name)) != expected:
                raise ModelError(f"the model file {self.folder / name} is damaged; {_RESTORE}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a model folder.

    :raises ModelError: if it is missing or damaged.
    """
    path = folder / _NAME
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
    files = {name: ((folder / name).stat().st_size, _digest(folder / name)) for name in names}
    text = json.dumps({"files": files, "facts": facts}, indent=2, ensure_ascii=False)
    (folder / _NAME).write_text(text + "\n", encoding="utf-8")
    return Manifest(folder, files, facts)
