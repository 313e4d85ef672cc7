from pathlib import Path

from qa.holdout import write_holdout
from qa.squad import Example, read_squad, split, write_squad

TITLES = [f"Article {number}" for number in range(80)]


def examples(titles: list[str]) -> list[Example]:
    return [
        Example(
            f"{title} {at}",
            f"What is {at}?",
            f"{title} is {at}.",
            title,
            ((str(at), len(title) + 4),),
        )
        for title in titles
        for at in range(2)
    ]


def test_write_squad_is_read_back_as_it_was(tmp_path: Path) -> None:
    rows = [*examples(TITLES[:3]), Example("none", "Why?", "Article 0 is 0.", "Article 0", ())]
    write_squad(tmp_path / "some.json", rows)
    assert sorted(read_squad(tmp_path / "some.json"), key=lambda row: row.id) == sorted(
        rows, key=lambda row: row.id
    )


def test_write_holdout_joins_parts_and_keeps_documents_whole(tmp_path: Path) -> None:
    write_squad(tmp_path / "set_p1.json", examples(TITLES[:40]))
    write_squad(tmp_path / "set_p2.json", examples(TITLES[40:]))
    counts = write_holdout(tmp_path, tmp_path / "out")
    held_out = read_squad(tmp_path / "out" / "set.json")
    trained, expected = split(examples(TITLES))
    assert counts == {"set": len(held_out)}
    assert {row.id for row in held_out} == {row.id for row in expected}
    assert {row.title for row in held_out}.isdisjoint(row.title for row in trained)
