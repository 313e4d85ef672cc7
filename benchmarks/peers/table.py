"""The tables of docs/benchmarks.md and README.md, and in words where a peer is ahead."""

from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCUMENT, README = ROOT / "docs" / "benchmarks.md", ROOT / "README.md"
_BEGIN, _END = "<!-- benchmarks.peers -->\n", "<!-- end -->\n"
NAMES = {
    "product": "notes-kb",
    "plain": "the plain way",
    "txtai": "txtai",
    "haystack": "Haystack",
    "bm25": "BM25 alone",
}
_SETS = {"real": "Real notes", "public": "Held-out paragraphs"}
# Name of a figure, and whether more of it is better.
_ANSWERS = {
    "exact_match": ("best span exact (%)", True),
    "f1": ("best span F1 (%)", True),
    "note_first": ("right note first (%)", True),
    "recognised": ("no answer recognised (%)", True),
    "shown": ("questions answered (%)", None),
    "shown_precision": ("of shown answers right (%)", True),
    "surest_precision": ("of its surest right (%)", True),
    "failed": ("questions it raised on", None),
    "ms_median": ("a question, median (ms)", False),
    "ms_p95": ("a question, 95th percentile (ms)", False),
}
_COSTS = {
    "index_seconds": ("index the paragraphs (s)", False),
    "index_peak_mb": ("most memory, indexing paragraphs (MB)", False),
    "start_seconds": ("empty process to first answer (s)", False),
    "ask_peak_mb": ("most memory, asking real notes (MB)", False),
    "index_mb": ("index of the real notes on disk (MB)", False),
    "models_mb": ("models on disk (MB)", False),
}
# What the README shows of the real notes.
_SHOWN_ANSWERS = ("note_first", "f1", "shown", "shown_precision", "recognised", "ms_median")
_SHOWN_COSTS = ("index_seconds", "start_seconds", "ask_peak_mb")
Measures = dict[str, tuple[str, bool | None]]
Columns = dict[str, dict[str, float | None]]


def table(columns: Columns, measures: Measures) -> str:
    """Return a Markdown table, the best of each row bold."""
    lines = [f"| | {' | '.join(NAMES[name] for name in columns)} |"]
    lines.append(f"|---|{'---|' * len(columns)}")
    for key, (title, more) in measures.items():
        values = [column.get(key) for column in columns.values()]
        best = _best(values, more)
        cells = [_cell(value, best) for value in values]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def ahead(columns: Columns, measures: Measures) -> str:
    """Say in a sentence on which rows a peer is better than the product."""
    found: list[str] = []
    for key, (title, more) in measures.items():
        own = columns["product"].get(key)
        if more is None or own is None:
            continue
        sign = 1 if more else -1
        better = [
            f"{NAMES[name]} {value:g}"
            for name, column in columns.items()
            if (value := column.get(key)) is not None and sign * (value - own) > 0
        ]
        if better:
            found.append(f"{title}: {', '.join(better)} (notes-kb {own:g})")
    if not found:
        return "No peer is ahead on any row."
    return f"Where a peer is ahead: {'; '.join(found)}."


def write(result: dict[str, Any], document: Path = DOCUMENT, readme: Path = README) -> None:
    """Put tables and sentences between the marks of the document, the most telling in the README.

    :raises ValueError: if a file has no marks.
    """
    machine = result["machine"]
    packages = {**machine["packages"], **result["peer_packages"]}
    parts: list[str] = []
    for name, found in result["sets"].items():
        columns = found["figures"]
        parts += [f"**{_SETS[name]}**: {_counts(found)}.", table(columns, _ANSWERS)]
        parts.append(ahead(columns, _ANSWERS))
    parts += ["**Costs**", table(result["costs"], _COSTS), ahead(result["costs"], _COSTS)]
    versions = ", ".join(f"{name} {version}" for name, version in packages.items())
    where = f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}"
    commit, seconds = machine["commit"], result["seconds"]
    parts.append(f"{where}, commit {commit}, {seconds} seconds in all; {versions}.")
    _put(document, parts)
    _put(readme, [*_short(result), f"{where}, commit {commit}."])


def _short(result: dict[str, Any]) -> list[str]:
    """Return one table for the README: the real notes, and what they cost."""
    measures = {name: _ANSWERS[name] for name in _SHOWN_ANSWERS}
    measures |= {name: _COSTS[name] for name in _SHOWN_COSTS}
    found, costs = result["sets"]["real"], result["costs"]
    columns = {peer: {**found["figures"][peer], **costs[peer]} for peer in found["figures"]}
    return [f"On {_counts(found)}:", table(columns, measures), ahead(columns, measures)]


def _counts(found: dict[str, Any]) -> str:
    counts = f"{found['notes']:,} notes, {found['passages']:,} passages"
    return f"{counts}, {found['questions']} questions ({found['unanswerable']} without an answer)"


def _put(file: Path, parts: list[str]) -> None:
    """Replace what stands between the marks of a file."""
    text = file.read_text(encoding="utf-8")
    if _BEGIN not in text or _END not in text.split(_BEGIN, 1)[1]:
        raise ValueError(f"{file} has no place for the tables: {_BEGIN.strip()} and {_END.strip()}")
    before, rest = text.split(_BEGIN, 1)
    after = rest.split(_END, 1)[1]
    body = "\n\n".join(part.strip() for part in parts)
    file.write_text(f"{before}{_BEGIN}{body}\n{_END}{after}", encoding="utf-8")


def _best(values: list[float | None], more: bool | None) -> float | None:
    known = [value for value in values if value is not None]
    if more is None or not known:
        return None
    return max(known) if more else min(known)


def _cell(value: float | None, best: float | None) -> str:
    if value is None:
        return "–"
    return f"**{value:g}**" if value == best else f"{value:g}"
