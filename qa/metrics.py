"""Score answers as SQuAD and CMRC 2018 do, and confidences by how far they can be believed.

Sources: Rajpurkar et al., "SQuAD" (EMNLP 2016) and "Know What You Don't Know" (ACL 2018) for
English; Cui et al., "A Span-Extraction Dataset for Chinese Machine Reading Comprehension"
(EMNLP-IJCNLP 2019) for Chinese. A question without gold answers is unanswerable: only the empty
answer is right (SQuAD 2.0), in both languages.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from retrieval.language import Language

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)

# What CMRC's script removes. It lists "……" as one entry and reads single characters, so that the
# ellipsis stays; so do the ASCII comma, full stop, brackets and the opening quote "‘".
_CMRC_REMOVED = str.maketrans("", "", "-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
_CMRC_HAN = re.compile(r"[\u4e00-\u9fa5]")
# Where Penn Treebank's rules, used by the script through NLTK, cut what is not Han.
_TREEBANK_MARKS = re.compile(
    r"\.{3}|[\[\](){}<>;@#$%&?!\"—–]|,(?!\d)|(?<!\.)\.(?=[\])}>\"'”’ ]*$)"
    r"|n't\b|'(?:s|m|d|ll|re|ve)\b|(?<=\S)'(?=\s|$)"
)


def normalize_english(text: str) -> str:
    """Return the text in lower case without ASCII punctuation, articles and double white space."""
    bare = text.lower().translate(_NO_PUNCTUATION)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def normalize_chinese(text: str) -> str:
    """Return the text in lower case without CMRC's punctuation; inner white space stays."""
    return text.lower().strip().translate(_CMRC_REMOVED)


def segment_chinese(text: str) -> list[str]:
    """Cut normalised text into single Han characters and, between them, words."""
    segments: list[str] = []
    at = 0
    normal = normalize_chinese(text)
    for han in _CMRC_HAN.finditer(normal):
        segments += [*_words(normal[at : han.start()]), han[0]]
        at = han.end()
    return segments + _words(normal[at:])


def _words(text: str) -> list[str]:
    return _TREEBANK_MARKS.sub(r" \g<0> ", text.strip()).split()


def longest_common_run(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest contiguous run of segments found in both."""
    longest = 0
    before = [0] * (len(other) + 1)
    for segment in one:
        # runs[j]: the common run that ends with this segment and with other[j - 1]
        runs = [0]
        for at, match in enumerate(other):
            runs.append(before[at] + 1 if segment == match else 0)
        longest = max(longest, *runs)
        before = runs
    return longest


def exact_match(prediction: str, answers: Sequence[str], language: Language) -> float:
    """Return 1 if the prediction is one of the answers after normalisation, else 0."""
    normalize = normalize_chinese if language == "zh" else normalize_english
    return float(any(normalize(prediction) == normalize(gold) for gold in _gold(answers, language)))


def f1(prediction: str, answers: Sequence[str], language: Language) -> float:
    """Return the best F1 over the answers, 0 to 1.

    English: of the multisets of words (SQuAD). Chinese: of the longest common run of characters
    (CMRC 2018), words where it is not Han.
    """
    score = _f1_chinese if language == "zh" else _f1_english
    return max(score(prediction, gold) for gold in _gold(answers, language))


def _gold(answers: Sequence[str], language: Language) -> Sequence[str]:
    # SQuAD 2.0's script drops answers that normalise to nothing; none left: unanswerable.
    if language == "en":
        answers = [answer for answer in answers if normalize_english(answer)]
    return answers or [""]


def _f1_english(prediction: str, gold: str) -> float:
    predicted, wanted = normalize_english(prediction).split(), normalize_english(gold).split()
    if not predicted or not wanted:
        return float(predicted == wanted)
    common = sum((Counter(predicted) & Counter(wanted)).values())
    return _harmonic(common, len(predicted), len(wanted))


def _f1_chinese(prediction: str, gold: str) -> float:
    predicted, wanted = segment_chinese(prediction), segment_chinese(gold)
    if not gold:
        return float(not prediction.strip())
    return _harmonic(longest_common_run(predicted, wanted), len(predicted), len(wanted))


def _harmonic(common: int, predicted: int, wanted: int) -> float:
    return 2 * common / (predicted + wanted) if common else 0.0


def calibration_error(
    confidences: ArrayLike, correct: ArrayLike, bins: int = 15, equal_mass: bool = False
) -> float:
    """Return the expected calibration error, 0 to 1: mean |confidence − accuracy| over bins.

    Bins weigh by how many answers they hold. Source: Naeini et al. (AAAI 2015) and Guo et al.
    (ICML 2017) for bins of equal width, each open below and closed above; Nguyen and O'Connor
    (EMNLP 2015) for bins of equal mass.

    :param confidences: shape ``(n,)``, 0 to 1.
    :param correct: shape ``(n,)``, true or false, or a degree of rightness 0 to 1.
    :param equal_mass: bins that hold the same number of answers instead of the same width.
    :raises ValueError: if the shapes differ, there is nothing to measure or ``bins`` is below 1.
    """
    confidence, right = _paired(confidences, correct)
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}")
    if equal_mass:
        groups = np.array_split(np.argsort(confidence, kind="stable"), bins)
    else:
        place = np.clip(np.ceil(confidence * bins) - 1, 0, bins - 1)
        groups = [np.flatnonzero(place == index) for index in range(bins)]
    gaps = [abs(float(np.sum(confidence[group] - right[group]))) for group in groups]
    return sum(gaps) / len(confidence)


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Showing every answer at or above ``threshold`` shows this share, and errs this often."""

    threshold: float
    coverage: float
    risk: float


def risk_coverage(confidences: ArrayLike, correct: ArrayLike) -> list[RiskPoint]:
    """Return one point for each distinct confidence, the highest first.

    Source: El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification"
    (JMLR 2010).

    :raises ValueError: if the shapes differ or there is nothing to measure.
    """
    confidence, right = _paired(confidences, correct)
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence = confidence[order]
    hits = np.cumsum(right[order])
    last = np.flatnonzero(np.append(np.diff(sorted_confidence) != 0, True))  # of equal ones
    return [
        RiskPoint(
            threshold=float(sorted_confidence[at]),
            coverage=float((at + 1) / len(confidence)),
            risk=float(1 - hits[at] / (at + 1)),
        )
        for at in last
    ]


def _paired(
    confidences: ArrayLike, correct: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    confidence = np.asarray(confidences, dtype=np.float64)
    right = np.asarray(correct, dtype=np.float64)
    if confidence.ndim != 1 or confidence.shape != right.shape or not len(confidence):
        raise ValueError(f"need as many confidences as verdicts: {confidence.shape}, {right.shape}")
    return confidence, right
