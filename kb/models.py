"""The models of a base, opened when they are first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.opening import opened_once
from qa.answerer import Judge
from qa.loading import load_reader
from retrieval.encoder import load_encoder

if TYPE_CHECKING:
    from kb.config import Settings
    from qa.faq import FaqThresholds
    from qa.reader import Reader
    from retrieval.encoder import Encoder


class Models:
    """Encoder, reader and judge of a base; thread-safe."""

    def __init__(
        self,
        settings: Settings,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        judge: Judge | None = None,
    ) -> None:
        """Take the settings' models, or those given instead."""
        self.settings = settings
        self._given = (encoder, reader, judge)

    @opened_once
    def encoder(self) -> Encoder:
        """What embeds passages and questions."""
        return self._given[0] or load_encoder(self.settings.encoder, self.settings.threads)

    @opened_once
    def reader(self) -> Reader:
        """What finds answers in passages."""
        return self._given[1] or load_reader(self.settings.reader, self.settings.threads)

    @opened_once
    def judge(self) -> Judge:
        """What weighs answers of several passages and says how sure they are."""
        if self._given[2] is not None:
            return self._given[2]
        return Judge.uncalibrated() if self.settings.reader else Judge.load()

    @property
    def bundled_encoder(self) -> bool:
        """Whether scores of the encoder are those that weights were fitted to."""
        return self._given[0] is None and self.settings.encoder is None

    @property
    def reranks(self) -> bool:
        """Whether scores of encoder and reader were fitted to each other."""
        return self.bundled_encoder and self.judge.reading_weight > 0

    @property
    def lexical_weight(self) -> float | None:
        """What a point of BM25 counts beside the cosine; None where that was not fitted."""
        from retrieval.retriever import LEXICAL_WEIGHT

        return LEXICAL_WEIGHT if self.bundled_encoder else None

    @property
    def faq_thresholds(self) -> FaqThresholds | None:
        """How like a curated question must be; None for the bundled encoder's own."""
        from kb.faq import SAME_WORDS

        return None if self.bundled_encoder else SAME_WORDS

    @property
    def threshold(self) -> float:
        """The least confidence at which an answer is shown."""
        given = self.settings.threshold
        return self.judge.retrieved.threshold if given is None else given
