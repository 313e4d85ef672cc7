"""Writes the figures of the scale benchmark down: JSON, a table and a curve."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.curve import Line, draw

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "scale.json"
DOCUMENT, PICTURE = ROOT / "docs" / "scale.md", ROOT / "docs" / "scale.svg"
_BEGIN, _END = "<!-- benchmarks.scale -->\n", "<!-- end -->\n"


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table."""
    rows: dict[str, Callable[[dict[str, Any]], str]] = {
        "retrieval p50, p95 (ms)": lambda r: f"{r['retrieval_ms_p50']}, {r['retrieval_ms_p95']}",
        "of it the vectors, p95 (ms)": lambda r: str(r["vectors_ms_p95"]),
        "recall@10 of the vectors": lambda r: f"{r['recall_all']:.3f}",
        "within a tenth of the notes": lambda r: f"{r['recall_tenth']:.3f}",
        "within a hundredth": lambda r: f"{r['recall_hundredth']:.3f}",
        "memory (MB)": lambda r: str(r["memory_mb"]),
        "start (s)": lambda r: str(r["start_seconds"]),
        "an edit is searchable (s)": lambda r: (
            f"{r['edit_seconds_median']} (at most {r['edit_seconds_max']})"
            if "edit_seconds_median" in r
            else "–"
        ),
        "unchanged base checked (s)": lambda r: (
            f"{r['unchanged_seconds']} ({r['notes']:,} notes)" if "unchanged_seconds" in r else "–"
        ),
        "indexes derived, lists trained (s)": lambda r: (
            f"{r['indexes_seconds']}, {r['lists_seconds']}"
        ),
        "disk (MB)": lambda r: str(r["disk_mb"]),
    }
    sizes = sorted(results, key=int)
    lines = [f"| | {' | '.join(f'{int(size):,}' for size in sizes)} |"]
    lines.append(f"|---|{'---|' * len(sizes)}")
    lines += [
        f"| {name} | {' | '.join(show(results[size]) for size in sizes)} |"
        for name, show in rows.items()
    ]
    return "\n".join(lines) + "\n"


def write_down(results: dict[str, dict[str, Any]], machine: dict[str, Any]) -> None:
    """Write JSON, table and curve."""
    RESULT.write_text(json.dumps({"machine": machine, "sizes": results}, indent=2) + "\n")
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.split(_BEGIN)[0], text.split(_END)[1]
    where = f"{machine['processor']}, {machine['cores']} cores; commit {machine['commit']}."
    DOCUMENT.write_text(
        f"{before}{_BEGIN}![Retrieval by number of passages](scale.svg)\n\n"
        f"{table(results)}\n{where}\n{_END}{after}",
        encoding="utf-8",
    )
    sizes = sorted(map(int, results))

    def line(name: str, key: str) -> Line:
        return Line(name, [(size, results[str(size)][key]) for size in sizes])

    lines = [
        line("retrieval, 95th percentile", "retrieval_ms_p95"),
        line("retrieval, median", "retrieval_ms_p50"),
        line("vectors alone, 95th percentile", "vectors_ms_p95"),
    ]
    PICTURE.write_text(draw(lines, "passages", "milliseconds"), encoding="utf-8")
