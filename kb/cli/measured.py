"""Measured figures as a person reads them: a table, what its words mean, how far it may be off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]
_LANGUAGES = {"en": "English", "zh": "Chinese"}
_COVERAGES = (0.1, 0.25, 0.5, 0.75, 1.0)
_COMPARED = {
    "exact_match": "exact match",
    "f1": "F1",
    "right": "right (F1 of 50 % or more)",
    "recall_at_1": "right note first",
    "reciprocal_rank": "reciprocal rank",
    "ndcg_at_10": "nDCG at 10",
}


def evaluation(report: Report) -> str:
    """Return what ``kb eval`` measured."""
    columns: dict[str, Report] = {"all": report}
    languages: dict[str, Report] = report["languages"]
    if len(languages) > 1:
        columns |= {_LANGUAGES.get(name, name): part for name, part in languages.items()}
    ranked = "recall_at" in report
    mixed = "answerable" in report and "unanswerable" in report
    rows = [_ranking(each) if ranked else _answers(each, mixed) for each in columns.values()]
    names = list(dict.fromkeys(name for row in rows for name in row))
    table: list[list[str]] = [[name, *(row.get(name, "–") for row in rows)] for name in names]
    parts = [_aligned([["", *columns], *table] if len(columns) > 1 else table), _legend(report)]
    if curve := report.get("risk_coverage"):
        # Of a paragraph that is given the confidence is another than of one that is found.
        setting = "KB_THRESHOLD" if report["mode"] == "end-to-end" else "confidence"
        parts.insert(1, _surest(curve, setting))
    return "\n\n".join(parts)


def comparison(report: Report) -> str:
    """Return how the second of two runs differs from the first."""
    only = [f"{report[f'only_in_{which}']} only in the {which}" for which in ("first", "second")]
    rows = [["", "first", "second", "difference", "95 % interval", "p", ""]]
    for metric, name in _COMPARED.items():
        if metric not in report:
            continue
        found, difference = report[metric], report[metric]["difference"]
        figures = [found["first"], found["second"]]
        signed = [difference[key] for key in ("mean", "low", "high")]
        mean, low, high = (f"{100 * value:+.1f}" for value in signed)
        verdict = "beyond chance" if found["beyond_chance"] else "may be chance"
        verdict = verdict if any(signed) else "the same"
        shown = [f"{100 * value:.1f}" for value in figures]
        rows.append(
            [name, *shown, mean, f"{low} to {high}", f"{difference['p_value']:.3f}", verdict]
        )
    heading = f"{report['questions']} questions asked in both runs ({', '.join(only)}), in %"
    if len(rows) == 1:
        return f"{heading}: nothing that both measured. Were they runs of the same --mode?"
    return f"{heading}\n\n{_aligned(rows)}"


def _answers(part: Report, mixed: bool) -> dict[str, str]:
    """Return the figures of answers by name.

    :param mixed: whether some questions have an answer and some, perhaps of other parts, have none.
    """
    spread, shown = part["interval_95"], part["shown"]
    found = {
        "questions": f"{part['questions']:,}",
        "exact match (%)": _with_interval(part["exact_match"], spread["exact_match"]),
        "F1 (%)": _with_interval(part["f1"], spread["f1"]),
    }
    if mixed and (some := part.get("answerable")):
        found |= {
            "with an answer": f"{some['n']:,}",
            "  exact match (%)": f"{some['exact_match']:.1f}",
            "  F1 (%)": f"{some['f1']:.1f}",
        }
    if none := part.get("unanswerable"):
        found |= {
            "without an answer": f"{none['n']:,}",
            "  recognised (%)": f"{none['recognised']:.1f}",
        }
    found["answered (%)"] = f"{shown['share']:.1f}"
    if "precision" in shown:
        found["of the answers right (%)"] = f"{shown['precision']:.1f}"
    if "calibration_error" in part:
        found["calibration error"] = f"{part['calibration_error']:.3f}"
    return found


def _ranking(part: Report) -> dict[str, str]:
    spread = part["interval_95"]
    return {
        "questions": f"{part['questions']:,}",
        **{
            f"right note among the first {rank} (%)": _with_interval(
                share, spread[f"recall_at_{rank}"]
            )
            for rank, share in part["recall_at"].items()
        },
        "mean reciprocal rank": _with_interval(part["mrr"], spread["mrr"], 3),
        "nDCG at 10": _with_interval(part["ndcg_at_10"], spread["ndcg_at_10"], 3),
    }


def _surest(curve: Sequence[Sequence[float]], setting: str) -> str:
    """Return what would be right if only the surest answers were given."""
    nearest = [
        min(range(len(curve)), key=lambda at: abs(curve[at][1] - share)) for share in _COVERAGES
    ]
    rows = [["if so many are answered (%)", "right (%)", setting]]
    for threshold, coverage, risk in (curve[at] for at in dict.fromkeys(nearest)):
        rows.append([f"{100 * coverage:.0f}", f"{100 * (1 - risk):.1f}", f"{threshold:.2f}"])
    return _aligned(rows)


def _legend(report: Report) -> str:
    """Say what the table does not."""
    words = ["In brackets: 95 % confidence interval (bootstrap)."]
    if "shown" in report:
        words.append(
            f"Answered: with a confidence of {report['shown']['threshold']:.2f} or more;"
            " right: F1 of 50 % or more."
        )
    pace = f"Mode {report['mode']}, {report['seconds']:.0f} s"
    pace += f", {report['questions_per_second']:.2g} questions a second"
    if "paragraphs" in report:
        pace += f"; {report['paragraphs']:,} paragraphs, indexed in {report['index_seconds']:.0f} s"
    return "\n".join([*words, f"{pace}."])


def _with_interval(value: float, ends: Sequence[float], digits: int = 1) -> str:
    low, high = ends
    return f"{value:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)
