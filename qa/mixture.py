"""Choose and lay out training examples: which data, how much of it, windows and negatives."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from qa.features import MAX_QUESTION_TOKENS, SPECIALS, Tokens, lay_out, token_span, tokenize
from qa.squad import Example, read_squad, split


@dataclass(frozen=True)
class Source:
    """One data set's part in the mixture.

    ``take`` questions are drawn at random (all if None); for ``negatives`` of them, another
    paragraph of the same set, the likest one without the answer, is added as a no-answer example.
    ``no_answer`` is the largest share of unanswerable questions kept.
    """

    file: str
    take: int | None = None
    negatives: float = 0.0
    no_answer: float = 1.0


@dataclass(frozen=True, slots=True)
class Feature:
    """One input row: token ids and the answer's first and last token, 0 and 0 for no answer."""

    ids: tuple[int, ...]
    start: int
    end: int


def draw(sources: Iterable[Source], folder: Path, seed: int) -> list[Example]:
    """Draw the mixture from the training splits of ``folder``, shuffled by ``seed``."""
    chosen: list[Example] = []
    for source in sources:
        generator = random.Random(f"{seed} {source.file}")
        examples, _held_out = split(read_squad(folder / source.file))
        taken = _thin(examples, source, generator)
        chosen += taken
        if source.negatives:
            chosen += hard_negatives(taken, examples, source.negatives, generator)
    random.Random(seed).shuffle(chosen)
    return chosen


def _thin(examples: list[Example], source: Source, generator: random.Random) -> list[Example]:
    count = len(examples) if source.take is None else min(source.take, len(examples))
    pool = generator.sample(examples, len(examples))
    limit = int(source.no_answer * count)
    unanswerable = [example for example in pool if not example.is_answerable][:limit]
    answerable = [example for example in pool if example.is_answerable]
    return unanswerable + answerable[: count - len(unanswerable)]


def hard_negatives(
    questions: Sequence[Example], pool: Sequence[Example], share: float, generator: random.Random
) -> list[Example]:
    """Pair questions with the most similar paragraph that does not hold their answer.

    Similarity is TF-IDF over words and character bigrams, so that it works for Chinese as well.

    :param share: part of the answerable questions to make a negative of, 0 to 1.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    titles = {example.context: example.title for example in pool}
    contexts = list(titles)
    answerable = [example for example in questions if example.is_answerable]
    asked = generator.sample(answerable, int(share * len(answerable)))
    vectorizer = TfidfVectorizer(token_pattern=r"[A-Za-z0-9]+|[^\x00-\x7f]", ngram_range=(1, 2))
    matrix = vectorizer.fit_transform(contexts)
    found: list[Example] = []
    for at in range(0, len(asked), 256):
        batch = asked[at : at + 256]
        scores = (vectorizer.transform([e.question for e in batch]) @ matrix.T).toarray()
        for example, row in zip(batch, scores, strict=True):
            for index in np.argsort(-row)[:8]:
                context = contexts[int(index)]
                if context != example.context and not _holds(context, example):
                    found.append(
                        replace(example, context=context, title=titles[context], answers=())
                    )
                    break
    return found


def _holds(context: str, example: Example) -> bool:
    return any(text.lower() in context.lower() for text, _start in example.answers)


def featurise(
    examples: Sequence[Example],
    tokenizer: Tokenizer,
    max_tokens: int,
    title_share: float,
    seed: int,
) -> list[Feature]:
    """Lay examples out, one window each.

    Where the paragraph is longer than the window, a window around the answer is drawn, one time in
    six a window without it, which is then a no-answer example. A share of the titled paragraphs
    carries its title in front, as passages do at run time.
    """
    generator = random.Random(seed)
    found: list[Feature] = []
    for at in range(0, len(examples), 2048):
        batch = examples[at : at + 2048]
        questions = tokenize(tokenizer, [example.question for example in batch])
        contexts = tokenize(tokenizer, [example.context for example in batch])
        titles = tokenize(tokenizer, [f"{example.title}\n" for example in batch])
        for example, question, context, title in zip(
            batch, questions, contexts, titles, strict=True
        ):
            has_title = bool(example.title) and generator.random() < title_share
            prefix = title.ids[:32] if has_title else ()
            asked = question.ids[:MAX_QUESTION_TOKENS]
            room = max_tokens - SPECIALS - len(asked) - len(prefix)
            feature = _window(example, asked, prefix, context, room, generator)
            if feature is not None:
                found.append(feature)
    return found


def _window(
    example: Example,
    question: Sequence[int],
    prefix: Sequence[int],
    context: Tokens,
    room: int,
    generator: random.Random,
) -> Feature | None:
    span = None
    if example.is_answerable:
        text, start = generator.choice(example.answers)
        span = token_span(context, start, start + len(text))
        if span is None or span[1] - span[0] >= room:
            return None
    low, high = 0, max(0, len(context) - room)
    if span is not None and high:
        if generator.random() < 5 / 6:
            low, high = max(0, span[1] + 1 - room), min(high, span[0])
        else:
            span_free = [at for at in (0, high) if span[1] < at or span[0] >= at + room]
            low = high = span_free[0] if span_free else max(0, span[1] + 1 - room)
    at = generator.randint(min(low, high), high)
    ids = lay_out(question, [*prefix, *context.ids[at : at + room]])
    if span is None or span[0] < at or span[1] >= at + room:
        return Feature(tuple(ids), 0, 0)
    shift = len(question) + 3 + len(prefix) - at
    return Feature(tuple(ids), span[0] + shift, span[1] + shift)


def batches(features: Sequence[Feature], tokens: int, seed: int) -> list[list[int]]:
    """Group row numbers into batches of similar length, at most ``tokens`` padded tokens each.

    Rows are shuffled, sorted by length within pools of 1,024, cut, and the batches shuffled.
    """
    generator = random.Random(seed)
    order = generator.sample(range(len(features)), len(features))
    found: list[list[int]] = []
    for at in range(0, len(order), 1024):
        pool = sorted(order[at : at + 1024], key=lambda row: len(features[row].ids))
        batch: list[int] = []
        for row in pool:
            if batch and len(features[row].ids) * (len(batch) + 1) > tokens:
                found.append(batch)
                batch = []
            batch.append(row)
        found.append(batch)
    generator.shuffle(found)
    return found
