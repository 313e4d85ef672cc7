"""Texts as UTF-8 can write them, which files and models need."""


def storable(text: str) -> str:
    """Replace what UTF-8 cannot write, as an escape in JSON or YAML can make; lengths are kept."""
    return text.encode("utf-8", "replace").decode()
