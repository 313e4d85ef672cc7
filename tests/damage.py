"""Damage a file as it would be found by who opens it next."""

from pathlib import Path


def put(path: Path, data: bytes) -> None:
    """Put other content in a file's place.

    A file that is cut short while an index still has it mapped would end the process (SIGBUS).
    """
    other = path.with_name(f"{path.name}.put")
    other.write_bytes(data)
    other.replace(path)
