"""How often a question in other words is known again: ``python -m benchmarks.faq``.

The pairs are in tests/data/faq_pairs.json. Entries at even places choose the thresholds, those at
odd places report, by the language that asks and the one of the stored questions. `same` and
`understood` of `FaqThresholds` are not chosen here: no near miss says all that a stored question
says. The words of `qa.concepts` were written with all pairs in sight: their gain is an upper
bound. Every question is matched against all stored questions of one language, once its own and
once the other. Writes benchmarks/results/faq.json.
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe
from qa.faq import FaqThresholds, match_question
from retrieval.encoder import load_encoder

ROOT = Path(__file__).parents[1]
PAIRS = ROOT / "tests" / "data" / "faq_pairs.json"
OTHERS = ROOT / "tests" / "data" / "real_questions.json"
RESULT = ROOT / "benchmarks" / "results" / "faq.json"
LANGUAGES = ("en", "zh")
# Added to the least thresholds without a false hit among the pairs that choose; more across
# languages, where paraphrases and near misses lie closer together.
SAFETY = {"changed": 0.005, "across": 0.01}
OVERLAPS = (0.3, 0.4, 0.5, 0.6)


@dataclass(frozen=True, slots=True)
class Trial:
    """A question asked of the stored questions of one language.

    :param meant: place of the stored question that means the same, None if none does.
    """

    question: str
    vector: NDArray[np.float32]
    language: str
    stored: str
    meant: int | None

    @property
    def across(self) -> bool:
        """Whether the stored questions are in another language."""
        return self.language != self.stored


@dataclass(frozen=True, slots=True)
class Pool:
    """Stored questions and their vectors, in half precision as the catalogue keeps them."""

    texts: tuple[str, ...]
    vectors: NDArray[np.float16]


def found(trial: Trial, pools: dict[str, Pool], limits: FaqThresholds) -> int | None:
    """Return the place of the stored question that is matched."""
    pool = pools[trial.stored]
    match = match_question(trial.question, trial.vector, pool.texts, pool.vectors, limits)
    return None if match is None else match.index


def rates(
    trials: Sequence[Trial], pools: dict[str, Pool], limits: FaqThresholds
) -> dict[str, float]:
    """Count hits among paraphrases, false hits among near misses, and wrong entries."""
    results = [(trial.meant, found(trial, pools, limits)) for trial in trials]
    same = [(meant, got) for meant, got in results if meant is not None]
    near = [got for meant, got in results if meant is None]
    hits = sum(meant == got for meant, got in same)
    wrong = sum(got is not None and got != meant for meant, got in same)
    false = sum(got is not None for got in near)
    return {
        "paraphrases": len(same),
        "hits": hits,
        "hit_rate": round(hits / max(1, len(same)), 4),
        "near_misses": len(near),
        "false_hits": false,
        "wrong_entries": wrong,
        "false_hit_rate": round((false + wrong) / max(1, len(near)), 4),
    }


def least_clean(
    trials: Sequence[Trial], pools: dict[str, Pool], name: str, start: FaqThresholds
) -> FaqThresholds:
    """Raise one threshold until nothing is matched that should not be, and a little more."""
    for step in itertools.count(start=800):
        limits = FaqThresholds(**{**asdict(start), name: step / 1000})
        measured = rates(trials, pools, limits)
        if not measured["false_hits"] + measured["wrong_entries"]:
            return FaqThresholds(**{**asdict(start), name: round(step / 1000 + SAFETY[name], 3)})
    raise AssertionError


def choose(trials: Sequence[Trial], pools: dict[str, Pool]) -> FaqThresholds:
    """Return the thresholds that match most without a false hit."""
    within = [trial for trial in trials if not trial.across]
    fitted = [
        least_clean(within, pools, "changed", FaqThresholds(overlap=overlap))
        for overlap in OVERLAPS
    ]
    best = max(fitted, key=lambda limits: (rates(within, pools, limits)["hits"], limits.overlap))
    return least_clean([trial for trial in trials if trial.across], pools, "across", best)


def measure() -> dict[str, Any]:
    """Choose thresholds on one half, and measure those and the product's on both."""
    entries = json.loads(PAIRS.read_text(encoding="utf-8"))["entries"]
    others = json.loads(OTHERS.read_text(encoding="utf-8"))["questions"]
    encoder = load_encoder()
    pools: dict[str, Pool] = {}
    for language in LANGUAGES:
        texts = tuple(entry["stored"][language] for entry in entries)
        pools[language] = Pool(texts, encoder.encode_queries(texts).astype(np.float16))

    def trials(texts: Sequence[str], language: str, meant: int | None) -> list[Trial]:
        vectors = encoder.encode_queries(texts)
        return [
            Trial(text, vector, language, stored, meant)
            for stored in LANGUAGES
            for text, vector in zip(texts, vectors, strict=True)
        ]

    halves: tuple[list[Trial], list[Trial]] = ([], [])
    for place, entry in enumerate(entries):
        for language in LANGUAGES:
            halves[place % 2].extend(trials(entry["same"][language], language, place))
            halves[place % 2].extend(trials(entry["near"][language], language, None))
    unrelated = [
        trial
        for language in LANGUAGES
        for trial in trials(
            [each["question"] for each in others if each["language"] == language], language, None
        )
    ]
    chosen = choose(halves[0], pools)

    def table(limits: FaqThresholds) -> dict[str, dict[str, float]]:
        return {
            f"{half}, {asked} of {stored}": rates(
                [each for each in some if (each.language, each.stored) == (asked, stored)],
                pools,
                limits,
            )
            for half, some in zip(("choosing", "reporting"), halves, strict=True)
            for asked, stored in itertools.product(LANGUAGES, LANGUAGES)
        } | {
            "reporting, all": rates(halves[1], pools, limits),
            "unrelated": rates(unrelated, pools, limits),
        }

    return {
        "chosen": {"thresholds": asdict(chosen), "rates": table(chosen)},
        "product": {"thresholds": asdict(FaqThresholds()), "rates": table(FaqThresholds())},
        "machine": describe(),
    }


def main() -> None:
    """Print a table and write the figures."""
    result = measure()
    for name in ("chosen", "product"):
        print(name, result[name]["thresholds"])
        for part, row in result[name]["rates"].items():
            print(
                f"  {part:24} hits {row['hits']:3} of {row['paraphrases']:3}"
                f"  false {row['false_hits'] + row['wrong_entries']:3} of {row['near_misses']:3}"
            )
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
