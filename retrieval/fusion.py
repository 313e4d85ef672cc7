"""Fusion: several rankings of the same things become one."""

from collections.abc import Container, Mapping, Sequence

RANK_CONSTANT = 60.0


def reciprocal_rank_fusion(
    rankings: Sequence[Sequence[int]],
    k: float = RANK_CONSTANT,
    weights: Sequence[float] | None = None,
) -> list[tuple[int, float]]:
    """Merge rankings by the sum of ``weight / (k + rank)``, ranks counted from 1.

    Source: Cormack, Clarke and Büttcher (SIGIR 2009), with a weight for each ranking. Ids of equal
    score stand in the order of their best rank, then of their number.

    :param rankings: ids, best first; an id counts at its first place in each.
    :param k: how little the first ranks stand out, unitless, at least 0.
    :param weights: one for each ranking, at least 0; all 1 if None.
    :return: ids with their scores, best first; higher is better.
    :raises ValueError: if ``k`` is negative, or the weights are negative or of another number.
    """
    used = [1.0] * len(rankings) if weights is None else list(weights)
    if len(used) != len(rankings):
        raise ValueError(f"{len(rankings)} rankings but {len(used)} weights")
    if k < 0 or any(weight < 0 for weight in used):
        raise ValueError(f"k and weights must not be negative: k={k}, weights={used}")
    scores: dict[int, float] = {}
    best: dict[int, int] = {}
    for ranking, weight in zip(rankings, used, strict=True):
        for rank, id_ in enumerate(dict.fromkeys(ranking), start=1):
            scores[id_] = scores.get(id_, 0.0) + weight / (k + rank)
            best[id_] = min(best.get(id_, rank), rank)
    return sorted(scores.items(), key=lambda item: (-item[1], best[item[0]], item[0]))


def convex_combination(
    rankings: Sequence[Mapping[int, float]], weights: Sequence[float]
) -> list[tuple[int, float]]:
    """Merge rankings by the weighted sum of their scores; one that lacks an id adds nothing.

    Unlike ranks, scores say by how much the first is ahead. Source: Bruch, Gai and Ingber, "An
    Analysis of Fusion Functions for Hybrid Retrieval" (ACM TOIS 2023). Ids of equal score stand in
    the order of their number.

    :param rankings: the score of each id; a lacking one must mean a score near 0.
    :param weights: one for each ranking.
    :return: ids with their scores, best first; higher is better.
    :raises ValueError: if there are not as many weights as rankings.
    """
    scores: dict[int, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for id_, score in ranking.items():
            scores[id_] = scores.get(id_, 0.0) + weight * score
    return sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))


def make_room(
    ranking: Sequence[tuple[int, float]], guests: Container[int], every: int, rooms: int
) -> list[tuple[int, float]]:
    """Move guests forward until one is among the first ``every``, two among twice as many.

    :param ranking: ids with their scores, which they keep; best first.
    :param rooms: so many guests at most are moved forward.
    """
    ordered = list(ranking)
    for room in range(1, rooms + 1):
        last = room * every - 1
        if sum(id_ in guests for id_, _ in ordered[: last + 1]) < room:
            later = (at for at in range(last, len(ordered)) if ordered[at][0] in guests)
            at = next(later, last)
            ordered[last : at + 1] = [*ordered[at : at + 1], *ordered[last:at]]
    return ordered
