"""The pictures of a base, on small folders with a fake encoder."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from kb.catalog.catalog import Catalog
from kb.config import Settings
from kb.errors import CatalogMissing
from kb.insight.asking import Day, Lacking, asking
from kb.insight.background import Background
from kb.insight.layout import nearest, plane, principal
from kb.insight.passages import without_language
from kb.knowledge import KnowledgeBase
from kb.models import Models
from kb.storage.history import Asked
from tests.kb.fake_encoder import FakeEncoder

NOTES = {
    "a/one.md": "# One\n\nSee [[Two]] and [three](../b/three.md#x), and [[Nowhere]].\n",
    "a/two.md": "# Two\n\nBread is baked.\n\n## More\n\nIt rises slowly.\n",
    "b/three.md": "# Three\n\nSee [[three]] itself. Lakes are deep.\n",
    "b/four.md": "# Four\n\nBread is baked.\n\n## More\n\nIt rises slowly.\n",
}


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    for name, text in NOTES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    base = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    base.index()
    yield base
    base.close()


def test_plane_keeps_clusters_together_and_is_the_same_again() -> None:
    random = np.random.default_rng(1)
    centres = random.normal(size=(4, 16))
    which = np.repeat(np.arange(4), 25)
    vectors = (centres[which] + 0.1 * random.normal(size=(100, 16))).astype(np.float32)
    places = plane(vectors)
    assert places.shape == (100, 2)
    assert np.abs(places).max() <= 1.05 + 1e-6
    begins, ends = nearest_in_plane(places)
    assert (which[begins] == which[ends]).mean() > 0.95
    assert np.array_equal(places, plane(vectors))


def nearest_in_plane(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    apart = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return np.arange(len(places)), apart.argmin(axis=1)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_plane_of_few_vectors_is_finite(count: int) -> None:
    vectors = np.eye(8, dtype=np.float32)[:count]
    assert plane(vectors).shape == (count, 2)
    assert np.isfinite(plane(vectors)).all()
    assert np.isfinite(plane(np.ones((count, 4), np.float32))).all()


def test_principal_is_the_direction_of_most_difference() -> None:
    vectors = np.array([[0, 1, 5], [0, 2, 5], [0.1, 9, 5]], np.float32)
    main = principal(vectors, 1)
    assert np.abs(main[:, 0]) == pytest.approx(np.abs(vectors[:, 1] - 4), abs=0.05)


def test_nearest_matches_a_search_one_by_one() -> None:
    points = np.random.default_rng(2).normal(size=(40, 5)).astype(np.float32)
    begins, ends = nearest(points, 3)
    units = points / np.linalg.norm(points, axis=1, keepdims=True)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -np.inf)
    for row in range(40):
        assert set(ends[begins == row]) == set(np.argsort(-cosines[row])[:3])


def test_without_language_leaves_no_mean_of_a_language() -> None:
    vectors = np.random.default_rng(3).normal(size=(6, 4)).astype(np.float32) + 5
    apart = without_language(vectors, ["中文", "中文", "中文", "a", "b", "c"])
    assert np.linalg.norm(apart, axis=1) == pytest.approx(np.ones(6), abs=1e-5)
    assert (apart[:3] @ apart[3:].T).max() < 0.99


def test_map_holds_every_passage_and_finds_places(base: KnowledgeBase) -> None:
    found = base.insight.passages_now()
    assert {each.note for each in found.passages} == set(NOTES)
    assert len(found.passages) == len(found.places) == 6
    row = found.of("a/two.md", NOTES["a/two.md"].index("It rises"))
    assert row is not None
    assert found.passages[row].heading == "More"
    assert found.of("a/two.md", 9999) is None


def test_graph_joins_linked_and_similar_notes(base: KnowledgeBase) -> None:
    graph = base.insight.notes_now()
    names = [each.path for each in graph.notes]
    edges = {(names[one], names[other]): kind for one, other, kind in graph.edges}
    assert edges["a/one.md", "a/two.md"] == "link"
    assert edges["a/one.md", "b/three.md"] == "link"
    assert edges["a/two.md", "b/four.md"] == "similar"
    assert graph.left_out == 0


def test_insight_follows_the_index(base: KnowledgeBase) -> None:
    assert len(base.insight.passages_now().passages) == 6
    (base.root / "b" / "four.md").unlink()
    base.index()
    _, coming = base.insight.passages()
    assert coming
    assert len(base.insight.passages_now().passages) == 4


def test_pictures_follow_a_catalogue_that_was_put_back(base: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "copy" / ".kb").mkdir(parents=True)
    copy = Catalog(tmp_path / "copy")
    copy.take_over(base._catalog)
    (base.root / "b" / "five.md").write_text("# Five\n\nWords.\n", "utf-8")
    base.index()
    assert len(base.insight.passages_now().passages) == 7
    assert "b/five.md" in [each.path for each in base.insight.notes_now().notes]
    # Counting on from the copy, the catalogue comes to the same number with another content.
    base._catalog.take_over(copy)
    (base.root / "b" / "five.md").unlink()
    (base.root / "b" / "six.md").write_text("# Six\n\nOther words.\n", "utf-8")
    base.index()
    assert "b/six.md" in [each.note for each in base.insight.passages_now().passages]
    assert "b/six.md" in [each.path for each in base.insight.notes_now().notes]
    copy.close()


def test_graph_follows_a_link_to_an_alias(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\naliases: [Bread]\n---\n# A\n\nIt is baked.\n")
    (tmp_path / "b.md").write_text("# B\n\nSee [[bread#Crust]] for lakes.\n")
    base = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    base.index()
    assert [kind for _, _, kind in base.insight.notes_now().edges] == ["link"]
    base.close()


def test_insight_without_an_index_says_so(tmp_path: Path) -> None:
    base = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    with pytest.raises(CatalogMissing):
        base.insight.passages()


def test_asking_counts_days_notes_and_gaps() -> None:
    monday, tuesday = datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
    turns = [
        Asked(monday, True, "a.md"),
        Asked(monday, False, "a.md"),
        Asked(tuesday, True, "b.md"),
        Asked(tuesday, True, "b.md"),
    ]
    found = asking(turns, [Lacking("x", 1, 1), Lacking("y", 3, 2)])
    assert found.days == (Day(monday.date(), 1, 1), Day(tuesday.date(), 2, 0))
    assert found.notes == (("b.md", 2), ("a.md", 1))
    assert [each.question for each in found.lacking] == ["y", "x"]
    assert (found.questions, found.answered) == (4, 3)


def test_asking_is_of_the_history(base: KnowledgeBase) -> None:
    first = base.history.add_turn(
        "a", "Why?", {"answer": "So", "citations": [{"note": "a/one.md"}]}
    )
    base.history.add_turn("a", "Who?", {"answer": None})
    found = base.insight.asking_now()
    assert (found.questions, found.answered) == (2, 1)
    assert found.notes == (("a/one.md", 1),)
    assert [each.question for each in found.lacking] == ["Who?"]
    base.history.feedback(first, "down")
    assert base.insight.asking_now().answered == 0
    base.history.feedback(first, "up")
    assert base.insight.asking_now().answered == 1


def test_background_computes_once_for_a_state_and_keeps_the_old_meanwhile() -> None:
    state, calls, go = [1], list[int](), threading.Event()

    def compute() -> int:
        calls.append(state[0])
        go.wait(10)
        return state[0]

    found = Background(lambda: state[0], compute)
    assert found.get() == (None, True)
    assert found.get() == (None, True)
    go.set()
    assert found.wait() == 1
    go.clear()
    state[0] = 2
    assert found.get() == (1, True)
    go.set()
    assert found.wait() == 2
    assert calls == [1, 2]


def test_background_raises_what_went_wrong_until_the_state_changes() -> None:
    state, broken = [1], [True]

    def compute() -> int:
        if broken[0]:
            raise CatalogMissing("none")
        return 7

    found = Background(lambda: state[0], compute)
    with pytest.raises(CatalogMissing):
        found.wait()
    broken[0], state[0] = False, 2
    assert found.wait() == 7
