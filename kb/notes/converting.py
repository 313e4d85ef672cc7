"""Turns PDF, DOCX and HTML into Markdown, in a process of its own that can be given up.

The converter is kreuzberg, the extra `convert`: what parses files of strangers must neither hang a
server nor take its memory.
"""

from __future__ import annotations

import re
import subprocess
import sys
from html import unescape
from importlib.util import find_spec

from kb.errors import VaultError

_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".htm": "text/html",
}
SECONDS = 120.0
MEMORY_BYTES = 4 * 1024**3
_HEAD = re.compile(r"<head\b[^>]*>(.*?)</head\s*>", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title\b[^>]*>(.*?)</title\s*>", re.IGNORECASE | re.DOTALL)
_CHARSET = re.compile(rb"""<meta\b[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_FIRST_HEADING = re.compile(r"^# ", re.MULTILINE)


def to_markdown(name: str, suffix: str, data: bytes, seconds: float = SECONDS) -> str:
    """Convert a document.

    :param suffix: ``.pdf``, ``.docx``, ``.html`` or ``.htm``.
    :raises VaultError: if the converter is missing, cannot read the document, finds no text in it,
        or takes too long.
    """
    if find_spec("kreuzberg") is None:
        raise VaultError(
            f"{name} needs the converter: pip install 'notes-kb[convert]', or save it as Markdown"
        )
    title = ""
    if _TYPES[suffix] == "text/html":
        title, body = _without_head(_decoded(name, data))
        data = body.encode("utf-8")
    text = _run(name, suffix, data, seconds).replace("\0", "").strip()
    if not text:
        raise VaultError(f"{name} holds no text: a scan must be read by OCR first")
    if title and not _FIRST_HEADING.search(text):
        text = f"# {title}\n\n{text}"
    return f"{text}\n"


def _run(name: str, suffix: str, data: bytes, seconds: float) -> str:
    command = [sys.executable, "-P", "-c", _CHILD, _TYPES[suffix], str(MEMORY_BYTES)]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise VaultError(f"{name} was not converted within {seconds:g} seconds") from error
    except OSError as error:
        raise VaultError(f"{name}: the converter cannot be started: {error}") from error
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1][:300] if lines else f"the converter ended with {done.returncode}"
        raise VaultError(f"{name} cannot be converted: {reason}")
    return done.stdout.decode("utf-8", "replace")


# Runs alone, without this package. OCR and the cache would write and download.
_CHILD = """
import sys
kind, memory = sys.argv[1], int(sys.argv[2])
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
except (ImportError, ValueError, OSError):
    pass
from kreuzberg import ExtractionConfig, extract_bytes_sync
config = ExtractionConfig(output_format="markdown", use_cache=False, disable_ocr=True)
try:
    found = extract_bytes_sync(sys.stdin.buffer.read(), kind, config=config).content
except Exception as error:
    sys.exit(" ".join(str(error).split()) or type(error).__name__)
sys.stdout.buffer.write(found.encode("utf-8", "replace"))
"""


def _decoded(name: str, data: bytes) -> str:
    """Decode HTML as it says itself, else as UTF-8."""
    declared = _CHARSET.search(data[:4096])
    encoding = declared[1].decode("ascii", "replace") if declared else "utf-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    try:
        return data.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise VaultError(f"{name} is not {encoding} text; save it as UTF-8") from error


def _without_head(html: str) -> tuple[str, str]:
    """Return the title and what a reader sees; a head would become a line of the note."""
    head = _HEAD.search(html)
    if head is None:
        return "", html
    title = _TITLE.search(head[1])
    shown = " ".join(unescape(title[1]).split()) if title else ""
    return shown, html[: head.start()] + html[head.end() :]
