from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fake_base import NASTY

from kb.answer import Answer, to_json
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from kb.models import Models
from kb.pages import charts
from kb.pages.insight_map import picked
from tests.kb.fake_encoder import FakeEncoder

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]


@pytest.fixture
def base(tmp_path: Path) -> Iterator[KnowledgeBase]:
    """Open a real base, without models, in the place of the fake one."""
    for name, text in {
        "a.md": "# A\n\nBread is baked. See [[b]].\n",
        "b.md": f"---\ntitle: '{NASTY}'\n---\nBread rises.\n",
        "c.md": "# C\n\nLakes are deep.\n",
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    base = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    base.index()
    base.insight.passages_now()
    base.insight.notes_now()
    yield base
    base.close()


def spec(app: AppTest) -> dict[str, Any]:
    return json.loads(app.main.get("vega_lite_chart")[0].proto.spec)


def shown(open_page: Open, part: str) -> AppTest:
    app = open_page("insight")
    app.session_state["insight_part"] = part
    return app.run()


def test_map_shows_every_passage_and_what_the_last_question_found(
    open_page: Open, base: KnowledgeBase
) -> None:
    found = base.search("lakes", 1)
    answer = Answer("How deep?", None, "none", 0.1, nearest=tuple(found))
    base.history.add_turn("c", "How deep?", to_json(answer))
    app = open_page("insight")
    assert not app.exception
    dots, rings, question = spec(app)["layer"]
    assert len(dots["data"]["values"]) == 3
    assert {each["name"] for each in dots["params"]} == {"zoom", charts.PICK}
    assert [each["title"] for each in rings["data"]["values"]] == ["C"]
    assert question["data"]["values"][0]["question"] == "How deep?"


def test_graph_shows_notes_and_lines(open_page: Open) -> None:
    app = shown(open_page, "insight_graph")
    assert not app.exception
    lines, notes, _labels = spec(app)["layer"]
    assert [each["link"] for each in lines["data"]["values"]].count(True) == 1
    assert {each["path"] for each in notes["data"]["values"]} == {"a.md", "b.md", "c.md"}


def test_questions_are_counted_and_lead_to_the_inbox(open_page: Open, base: KnowledgeBase) -> None:
    base.history.add_turn("c", NASTY, {"answer": None})
    base.insight.asking_now()
    app = shown(open_page, "insight_asked")
    assert not app.exception
    assert [each.value for each in app.metric] == ["1", "0%", "1"]
    assert "turn=1" in [each.proto.query_string for each in app.get("page_link")]


def test_health_counts(open_page: Open) -> None:
    app = shown(open_page, "insight_health")
    assert not app.exception
    assert [each.value for each in app.metric][:3] == ["3", "3", "1.0"]


def test_insight_without_an_index_says_so(open_page: Open, base: KnowledgeBase) -> None:
    base.close()
    (base.root / ".kb" / "index.db").unlink()
    app = open_page("insight")
    assert not app.exception
    assert len(app.info) == 1


def test_picked_is_the_dot_that_was_clicked() -> None:
    assert picked({"selection": {charts.PICK: [{"row": 2}]}}, "row") == 2
    assert picked({"selection": {charts.PICK: []}}, "row") is None
    assert picked(None, "row") is None


def test_grouped_keeps_the_most_frequent_and_has_colours_for_all() -> None:
    names = [f"{n}" for n in range(20) for _ in range(20 - n)]
    groups = charts.grouped(names, "others")
    assert len(set(groups)) == len(charts.COLOURS)
    assert groups[0] == "0"
    assert groups[-1] == "others"
