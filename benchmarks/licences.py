"""The licences of everything that runs with the product: ``python -m benchmarks.licences``.

Writes docs/licences.md from the metadata of the installed packages; nothing is looked up elsewhere.
"""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
_TRAINING = ("models", "dev", "cluster")  # extras that no server needs


def requirements() -> list[Requirement]:
    """Return what the product asks for to run, its extras for servers and converters included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    wanted = [line for name in extras if name not in _TRAINING for line in extras[name]]
    return [Requirement(each) for each in (*project["dependencies"], *wanted)]


def licences() -> dict[str, str]:
    """Return the licence of each package that is needed, directly or not, as far as installed."""
    found: dict[str, str] = {}
    waiting = [each.name for each in requirements()]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = _licence(metadata.metadata(name))
        except metadata.PackageNotFoundError:
            continue
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(needed.name)
    return found


def _licence(facts: metadata.PackageMetadata) -> str:
    classifiers = [each for each in facts.get_all("Classifier") or [] if each.startswith("License")]
    named = " OR ".join(each.rpartition("::")[2].strip() for each in classifiers)
    return facts.get("License-Expression") or named or (facts.get("License") or "unknown")[:60]


def main() -> None:
    """Write the page."""
    rows = [f"| {name} | {licence} |" for name, licence in sorted(licences().items())]
    head = (
        "# Licences of what runs with the product\n\n"
        "Written by `python -m benchmarks.licences` from the metadata of the installed packages;"
        " `tests/test_supply.py` holds\nthat each is one of those that allow any use. The models'"
        " are in their cards.\n\n| package | licence |\n|---|---|\n"
    )
    PAGE.write_text(head + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
