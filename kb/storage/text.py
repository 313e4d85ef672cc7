"""Texts as UTF-8 can write them, which files and models need, and what names one exactly."""

from hashlib import sha256


def storable(text: str) -> str:
    """Replace what UTF-8 cannot write, as an escape in JSON or YAML can make; lengths are kept."""
    return text.encode("utf-8", "replace").decode()


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
