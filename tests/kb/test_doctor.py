"""What `kb doctor` finds, each on a folder that has just that fault."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from kb.answer import Alternative, Answer, Citation, Scored
from kb.config import Settings
from kb.doctor import asked, duplicates, links, offline, twins
from kb.doctor.finding import Finding
from kb.doctor.index import index
from kb.doctor.machine import machine
from kb.doctor.offline import Watched, check_offline
from kb.doctor.reading import Folder, read_folder
from kb.doctor.twins import numbers
from kb.notes.journal import Entry, Journal
from kb.notes.vault import scan
from tests.kb.test_cli import kb

Make = Callable[..., Folder]
WORDS = " ".join(f"word{number}" for number in range(60))


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def write(notes: dict[str, str]) -> Folder:
        for path, text in notes.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        folder, unread = read_folder(tmp_path, 10**6)
        assert not unread
        return folder

    return write


def lines(findings: list[Finding]) -> list[str]:
    return [f"{each.place} {each.message}" for each in findings]


def test_change_that_was_cut_off_is_named(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write([Entry("a.md", None, "x")])
    _folder, [finding] = read_folder(tmp_path, 10**6)
    assert finding.place == str(journal.path)
    assert (finding.check, finding.remedy) == ("cut off", "kb index puts it right")


def test_dead_links_are_named_with_their_line(make: Make) -> None:
    folder = make(
        {
            "a.md": "---\ntitle: Alpha\naliases: [First]\n---\n\n[[B]] [[first#x]] [[none|that]]\n"
            "\n"
            "[x](sub/c.md#y) [y](sub/gone.md) ![p](p.png) [w](https://a.b) "
            "[m](mailto:a@b.c) [q](#z)",
            "b.md": "[[sub/c]] [[C.md]] [[alpha]] [[]]",
            "sub/c.md": "[up](../a.md) [up](../%E6%B5%B7.md) `[[code]]`",
            "海.md": "",
        }
    )
    assert lines(list(links.dead_links(folder))) == [
        "a.md:6 [[none]] is no note's name, title or alias",
        "a.md:8 sub/gone.md is not there",
        "a.md:8 p.png is not there",
    ]


def test_same_and_nearly_same_notes_are_paired_once(make: Make) -> None:
    folder = make(
        {
            "a.md": WORDS,
            "b.md": f"---\ntags: [x]\n---\n{WORDS}\n",
            "c.md": f"{WORDS} more",
            "d.md": " ".join(reversed(WORDS.split())),
            "e.md": "",
            "f.md": "",
        }
    )
    assert lines(list(duplicates.duplicates(folder))) == [
        "b.md the same text as a.md",
        "c.md 99% the same as a.md",
    ]


def test_boilerplate_in_many_notes_pairs_none_of_them(make: Make) -> None:
    own = {f"{n}.md": WORDS + "".join(f" own{n}x{m}" for m in range(40)) for n in range(30)}
    assert not list(duplicates.duplicates(make(own)))


def test_twins_pair_by_path_or_by_aliases(make: Make) -> None:
    folder = make(
        {
            "docs/en/a.md": "English words here", "docs/zh/a.md": "这里是中文",
            "b.en.md": "English words", "b.zh-hans.md": "这里是中文",
            "tides.md": "---\ntitle: Tides\naliases: [潮汐]\n---\nTwice a day.",
            "海.md": "---\ntitle: 潮汐\naliases: [tides]\n---\n每天两次。",
            "en/alone.md": "English words", "other.md": "---\naliases: [潮汐]\n---\nWords.",
        }
    )  # fmt: skip
    pairs = [(one.path, other.path) for one, other in twins.twins(folder)]
    assert pairs == [
        ("b.en.md", "b.zh-hans.md"),
        ("docs/en/a.md", "docs/zh/a.md"),
        ("tides.md", "海.md"),
    ]


def test_twins_that_drifted_say_in_what(make: Make) -> None:
    folder = make(
        {
            "en/a.md": "# A\n\nIn 1827, 120 million words, 30,522 rows, 3.5% salt, twelve, 7.\n",
            "zh/a.md": "# 甲\n\n## 乙\n\n1826 年，1.2 亿个词，30522 行，盐 3.5%。\n\n"
            "```\nx = 99\n```\n",
            "en/b.md": "# B\n\nThe year is 2020.\n",
            "zh/b.md": "# 乙\n\n这一年是2020年。\n",
        }
    )
    assert [each.message for each in twins.drifted(folder)] == [
        "the Chinese note lacks the numbers 1827",
        "the English note lacks the numbers 1826",
        "1 headings in English, 2 in Chinese",
        "0 blocks of code in English, 1 in Chinese",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30{,}522 and 1,000,000", [30522, 1_000_000]),
        ("1.4 trillion", ["1.4e12"]),
        ("1.4万亿个", ["1.4e12"]),
        ("3 of 12, v2x, 2.5", ["2.5"]),
        ("int8 sha256 x1827", []),
    ],
)
def test_numbers_are_those_a_translation_keeps(text: str, expected: list[int | str]) -> None:
    assert numbers(text) == {Decimal(value) for value in expected}


def answered(
    question: str, note: str, text: str, *others: tuple[str, str, float], nearest: str = "n.md"
) -> Answer:
    def citation(path: str) -> Citation:
        return Citation(
            note=path, title=path, heading="", start=0, end=1, passage="x", passage_start=0,
            passage_end=1, answer_start=0, answer_end=1,
        )  # fmt: skip

    alternatives = tuple(Alternative(t, c, citation(path)) for path, t, c in others)
    return Answer(
        question, text, "extractive", 0.9, (citation(note),), alternatives,
        (Scored(citation(nearest), 1.0),),
    )  # fmt: skip


def test_a_note_that_many_questions_never_found_is_named(make: Make) -> None:
    folder = make({"a.md": "x", "b.md": "y", "c.md": "z"})
    answers = [answered("q", "a.md", "1", nearest="c.md")] * 20
    assert [each.place for each in asked.never_found(folder, answers)] == ["b.md"]
    [few] = asked.never_found(folder, answers[:19])
    assert few.level == "fact"


def test_conflicts_of_entries_and_of_answers_given(make: Make) -> None:
    folder = make(
        {
            "a.md": "Q: When was it?\nA: In 1827.\n",
            "b.md": "\nQ: when was it\nA: In 1828.\n\nQ: Who?\nA: Ohm.\n",
            "c.md": "Q: Who?\nA: ohm\n",
        }
    )
    answers = [
        answered("old?", "a.md", "1", ("b.md", "2", 0.9)),
        answered("old?", "a.md", "1"),
        answered("How many?", "a.md", "three", ("b.md", "four", 0.9), ("c.md", "nine", 0.2)),
        answered("Where?", "a.md", "in Rome", ("b.md", "Rome", 0.9), ("a.md", "Paris", 0.9)),
    ]
    found = lines(list(asked.conflicts(folder, answers, threshold=0.5)))
    assert found == [
        "a.md:2 When was it? «In 1827.» here, «In 1828.» in b.md:3",
        "a.md[0] How many? «three» here, «four» in b.md[0]",
    ]


def test_index_is_whole_then_drifts_then_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Ohm\n\nOhm's law was published in 1827.\n")
    settings = Settings.load(tmp_path)
    [missing] = index(settings, scan(tmp_path))
    assert (missing.level, missing.remedy) == ("advice", "kb index")
    kb("index", "-n", str(tmp_path))

    def problems() -> list[tuple[str, str]]:
        return [(f.check, f.level) for f in index(settings, scan(tmp_path)) if f.level != "fact"]

    assert problems() == []
    (tmp_path / "b.md").write_text("# New")
    assert problems() == [("drift", "advice")]
    shutil.rmtree(tmp_path / ".kb" / "lexical")
    assert ("lexical", "advice") in problems()
    database = sqlite3.connect(tmp_path / ".kb" / "index.db")
    with database:
        database.execute("UPDATE vectors SET vector = zeroblob(768)")
        database.execute("UPDATE meta SET value = 'other-1' WHERE name = 'fingerprint'")
    database.close()
    assert {("vectors", "broken"), ("fingerprint", "broken")} <= set(problems())
    (tmp_path / ".kb" / "index.db").write_bytes(b"not a database at all, but long enough" * 9)
    assert problems() == [("catalogue", "broken")]


def test_machine_names_processor_memory_disk_and_versions(tmp_path: Path) -> None:
    found = list(machine(tmp_path))
    assert [each.place for each in found][-1] == "versions"
    assert "onnxruntime 1." in found[-1].message
    assert all(each.level != "broken" for each in found)
    assert [each.level for each in machine(tmp_path / "gone")].count("broken") == 1


def test_offline_finds_no_socket_and_says_what_it_looked_at() -> None:
    found = list(check_offline(linger=0.0))
    assert [each.level for each in found if each.level == "broken"] == []
    assert found[0].message.startswith("no socket in indexing")


@pytest.mark.parametrize(
    ("watched", "words"),
    [
        (Watched(-offline.ENDED_BY, "", ["socket.__new__ in x.py:3"]), "Python code reached"),
        (Watched(-offline.ENDED_BY, "", stage="waiting"), "native code opened a socket"),
        (Watched(1, "", error="kb: no"), "the trial failed: kb: no"),
    ],
    ids=["python", "native", "failed"],
)
def test_offline_says_what_is_broken(
    monkeypatch: pytest.MonkeyPatch, watched: Watched, words: str
) -> None:
    monkeypatch.setattr(offline, "watch", lambda _linger: watched)
    broken = [each for each in check_offline() if each.level == "broken"]
    assert [words in each.message for each in broken] == [True]
    assert not any("no socket" in each.message for each in check_offline())


def test_offline_without_a_kernel_that_watches_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "watch", lambda _linger: Watched(0, "not on plan9"))
    advice = [each for each in check_offline() if each.level == "advice"]
    assert ["not on plan9" in each.message for each in advice] == [True]


def test_doctor_exits_with_1_only_if_something_is_broken(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\n[[gone]]\n")
    result = kb("doctor", "-n", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "advice  dead link: a.md:3: [[gone]]" in result.stdout
    (tmp_path / ".kb").mkdir(exist_ok=True)
    (tmp_path / ".kb" / "history.db").write_bytes(b"no database" * 200)
    result = kb("doctor", "-n", str(tmp_path), "--json")
    assert result.exit_code == 1
    broken = [each for each in json.loads(result.stdout) if each["level"] == "broken"]
    assert [each["check"] for each in broken] == ["history"]
