from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from kb.config import Settings
from kb.digest.digest import Digest
from kb.digest.terms import Rarity, key_terms
from kb.knowledge import KnowledgeBase
from kb.models import Models
from tests.kb.fake_encoder import FakeEncoder

LAKES = (
    "# Lake Baikal\n\nLake Baikal in Siberia is the deepest lake of the world, 1642 metres deep."
    " It was formed in a rift valley about twenty-five million years ago.\n\n"
    "## Water\n\nThe rift valley lake holds a fifth of the fresh water on the surface of the Earth."
    " Many of its animals live nowhere else.\n\n"
    "| a | b |\n| - | - |\n| lake lake | rift rift |\n\n```\nlake = rift(valley)\n```\n"
)
NOTES = {
    "lakes.md": LAKES,
    "deep.md": "# Depths\n\nThe deepest lake, Lake Baikal, is a rift valley lake. See [[lakes]].\n",
    "bread.md": "# Bread\n\nSourdough bread is leavened with wild yeast and bakes slowly.\n",
    "河.md": "# 长江\n\n长江是亚洲最长的河流。长江全长约6300公里。长江流域人口众多。\n",
}


@pytest.fixture
def base(tmp_path: Path) -> KnowledgeBase:
    for name, text in NOTES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = KnowledgeBase(Models(Settings.load(tmp_path), encoder=FakeEncoder()))
    found.index()
    return found


def test_digest_quotes_sentences_at_their_places(base: KnowledgeBase) -> None:
    digest = base.digest.of("lakes.md")
    assert digest.sentences[0].text.startswith("Lake Baikal in Siberia is the deepest lake")
    assert all(LAKES[each.start : each.end] == each.text for each in digest.sentences)
    assert [each.start for each in digest.sentences] == sorted(e.start for e in digest.sentences)
    assert not any("|" in each.text or "=" in each.text for each in digest.sentences)


def test_digest_names_what_the_note_is_about(base: KnowledgeBase) -> None:
    terms = {term.lower() for term in base.digest.of("lakes.md").terms}
    assert {"rift valley", "lake baikal"} & terms
    assert not terms & {"the", "of", "fresh"}
    assert "长江" in base.digest.of("河.md").terms


def test_digest_puts_notes_of_like_meaning_first(base: KnowledgeBase) -> None:
    related = [each.path for each in base.digest.of("lakes.md").related]
    assert related[0] == "deep.md"
    assert "lakes.md" not in related


def test_digest_of_what_is_not_indexed_is_empty(base: KnowledgeBase, tmp_path: Path) -> None:
    assert base.digest.of("no.md") == Digest()
    (tmp_path / "other").mkdir()
    other = KnowledgeBase(Models(Settings.load(tmp_path / "other"), encoder=FakeEncoder()))
    assert other.digest.of("lakes.md") == Digest()
    assert other.digest.backlinks("lakes.md") == []


def test_backlinks_follow_the_index(base: KnowledgeBase) -> None:
    (found,) = base.digest.backlinks("lakes.md")
    assert (found.path, found.title) == ("deep.md", "Depths")


def test_key_terms_are_whole_and_rare() -> None:
    common = Counter({"model": 90})

    def frequencies(terms: Sequence[str]) -> dict[str, int]:
        return {term: common[term] for term in terms}

    texts = ["The forget gate of the model. A forget gate forgets; the model's forget gate."]
    terms = key_terms(texts, [], Rarity(frequencies, 100))
    assert terms[0] == "forget gate"
    assert "gate" not in terms
    texts = ["向量作一次线性变换，再作一次线性变换。注意力机制与注意力机制。"]
    terms = key_terms(texts, [], Rarity(frequencies, 100))
    assert "注意力机制" in terms
    assert "次线性变" not in terms
