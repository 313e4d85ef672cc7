"""The machine that runs this: processor, memory, disk, versions."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from kb.doctor.finding import Finding

_PACKAGES = ("notes-kb", "onnxruntime", "tokenizers", "faiss-cpu", "tantivy", "numpy", "streamlit")
_GIB = 2**30
_CHECK = "machine"


def machine(root: Path) -> Iterator[Finding]:
    """Say what there is, and what is short."""
    yield _processor()
    memory = _memory_bytes()
    if memory:
        level = "advice" if memory < _GIB else "fact"
        remedy = "models, index and page take about half a GiB" if level == "advice" else ""
        message = f"{memory / _GIB:.1f} GiB of memory available"
        yield Finding(_CHECK, level, "memory", message, remedy)
    yield _disk(root)
    versions = [f"Python {platform.python_version()}", *map(_version, _PACKAGES)]
    yield Finding(_CHECK, "fact", "versions", ", ".join(versions))


def _processor() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    model, flags = _cpuinfo()
    dot = next((flag for flag in ("avx512_vnni", "avx_vnni", "asimddp") if flag in flags), None)
    fast = f"8-bit dot products by {dot}" if dot else "no VNNI: int8 models run, but slower"
    message = f"{model}, {cores} cores, {fast if flags else 'its abilities are not known'}"
    return Finding(_CHECK, "fact", "processor", message)


def _cpuinfo() -> tuple[str, frozenset[str]]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine(), frozenset()
    facts = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in reversed(lines))
    }
    flags = frozenset((facts.get("flags") or facts.get("features") or "").split())
    return facts.get("model name") or platform.machine(), flags


def _memory_bytes() -> int:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        return next(
            int(line.split()[1]) * 1024
            for line in text.splitlines()
            if line.startswith("MemAvailable:")
        )
    except (OSError, ValueError, StopIteration, IndexError):
        return 0


def _disk(root: Path) -> Finding:
    try:
        free = shutil.disk_usage(root).free
    except OSError as exc:
        return Finding(_CHECK, "broken", str(root), f"disk cannot be asked: {exc.strerror}")
    message = f"{free / _GIB:.1f} GiB free"
    if free < _GIB / 10:
        return Finding(_CHECK, "broken", f"disk of {root}", message, "free some space")
    return Finding(_CHECK, "fact", f"disk of {root}", message)


def _version(package: str) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return f"{package} not installed"
