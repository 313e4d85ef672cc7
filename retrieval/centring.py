"""Compare a question with passages of another language: what each language adds is taken away.

Vectors of a multilingual encoder lie apart by language: a Chinese question is nearer to any Chinese
passage than to the English one that answers it. The mean vectors of questions and of passages of
each language stand for that part (Libovický, Rosa and Fraser, "On the Language Neutrality of
Pre-trained Multilingual Representations", Findings of EMNLP 2020). They belong to one encoder, are
made by ``python -m qa.centres`` and lie beside it; stored vectors stay as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ModelError
from retrieval.language import Language

Vector = NDArray[np.float32]
CENTRES_FILE = Path(__file__).parent / "model" / "centres.json"


@dataclass(frozen=True)
class Centres:
    """What the vectors of one encoder have in common in each language.

    :param questions: mean of unit vectors of questions, shape ``(dimension,)``.
    :param passages: mean of unit vectors of passages.
    :param scales: offset and slope that make a centred cosine the cosine that a passage of the
        question's own language has, by the question's language.
    """

    questions: Mapping[Language, Vector]
    passages: Mapping[Language, Vector]
    scales: Mapping[Language, tuple[float, float]]

    @classmethod
    def load(cls, fingerprint: str, path: Path = CENTRES_FILE) -> Self | None:
        """Read the centres made with an encoder; None if there are none of that one.

        :raises ModelError: if the file is damaged.
        """
        try:
            fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if fields["encoder"] != fingerprint:
                return None
            return cls(
                {name: np.array(value, np.float32) for name, value in fields["questions"].items()},
                {name: np.array(value, np.float32) for name, value in fields["passages"].items()},
                {name: (float(a), float(b)) for name, (a, b) in fields["scales"].items()},
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            raise ModelError(f"cannot read {path} ({exc}); reinstall the package") from exc

    @property
    def towards_chinese(self) -> Vector:
        """The direction in which passages tell their language, of unit length."""
        between = self.passages["zh"] - self.passages["en"]
        return np.asarray(between / np.linalg.norm(between), np.float32)

    def places(self, along: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how far passages are on the side of their language.

        :param along: their inner products with `towards_chinese`.
        :return: -1 at the centre of English, 1 at that of Chinese, shape as ``along``.
        """
        low, high = (float(self.passages[name] @ self.towards_chinese) for name in ("en", "zh"))
        return (2 * along - low - high) / (high - low)

    def similarity(
        self,
        asked: Language,
        of: Language,
        query: Vector,
        with_query: NDArray[np.float32],
        with_centre: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Return the cosine of a question with passages of a language, both less their centres.

        It needs no passage's vector, only two of its inner products, and is put on the scale of
        cosines within the question's language.

        :param query: the question's vector less its centre, see `neutral`.
        :param with_query: inner products of the passages with it, shape ``(n,)``.
        :param with_centre: inner products of the passages with their language's centre.
        """
        centre = self.passages[of]
        lengths = np.sqrt(np.maximum(1 + centre @ centre - 2 * with_centre, 1e-6))  # |p - centre|
        size = max(float(np.linalg.norm(query)), 1e-6)
        offset, slope = self.scales[asked]
        centred = (with_query - query @ centre) / (size * lengths)
        return np.asarray(offset + slope * centred, np.float32)

    def neutral(self, asked: Language, query: Vector) -> Vector:
        """Return a question's vector without what its language adds."""
        return query - self.questions[asked]

    def towards(self, of: Language) -> Vector:
        """Return what draws a question's vector to the passages of a language."""
        other: Language = "en" if of == "zh" else "zh"
        return self.passages[of] - self.passages[other]
