"""Which version of the package runs."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def running_version() -> str:
    """Return the version that is installed, "0" in a checkout that is not."""
    try:
        return version("notes-kb")
    except PackageNotFoundError:
        return "0"
