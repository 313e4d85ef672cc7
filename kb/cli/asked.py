"""The questions that stand on standard input, one a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click


def questions() -> Iterator[str]:
    """Yield the lines of standard input that are not blank, each as soon as it is there.

    A person is prompted (on standard error: answers alone go to a file) and ends with an empty
    line. Bytes that are not UTF-8 are replaced.
    """
    is_person = sys.stdin.isatty()
    while True:
        if is_person:
            click.echo("? ", nl=False, err=True)
        line = sys.stdin.buffer.readline().decode("utf-8", errors="replace")
        if question := line.strip():
            yield question
        elif is_person or not line:
            return
