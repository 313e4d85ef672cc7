"""Which version of a note a request means: ETag, If-Match and If-None-Match (RFC 9110)."""

from __future__ import annotations

import re

from kb.web.problems import Problem

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def etag(version: str) -> str:
    """Return a version as an ETag."""
    return f'"{version}"'


def is_known(if_none_match: str | None, version: str) -> bool:
    """Say whether the caller has that version already."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or version in _TAG.findall(if_none_match)


def expected_version(
    path: str, found: str | None, if_match: str | None, if_none_match: str | None
) -> str | None:
    """Return the version that a write is to replace, None for a new note.

    A note that is there is only written over by a caller who says which version was read.

    :param found: what is there now; None: nothing.
    :raises Problem: 412 if that is another one already, 428 if the caller does not say.
    """
    if if_match is not None:
        # Weak tags never match here (RFC 9110, 13.1.1).
        wanted = re.findall(r'(?<!W/)"([^"]*)"', if_match)
        if found is None or (if_match.strip() != "*" and found not in wanted):
            raise _changed(path, found)
        return found
    if if_none_match is not None:
        if found is not None and is_known(if_none_match, found):
            raise _changed(path, found)
        return None if if_none_match.strip() == "*" else found
    if found is not None:
        detail = f"{path} is there: read it and send its ETag as If-Match"
        raise Problem(428, "version-needed", detail, {"etag": etag(found)}, {"version": found})
    return None


def _changed(path: str, found: str | None) -> Problem:
    state = "was changed meanwhile" if found else "is not there"
    headers = {"etag": etag(found)} if found else {}
    return Problem(412, "note-changed", f"{path} {state}", headers, {"version": found})
