import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kb.cli.main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "ohm.md").write_text("# Ohm's law\n\nOhm's law was published in 1827.\n")
    (folder / "海.md").write_text("# 海洋\n\n海水平均盐度约为 3.5%。\n", encoding="utf-8")
    return folder


def kb(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


def as_json(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def fails_in_one_line(result: Result, *words: str) -> None:
    assert result.exit_code == 1
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith("kb: ")
    for word in words:
        assert word in line


def test_init_index_ask_from_nothing(tmp_path: Path) -> None:
    folder = str(tmp_path / "fresh")
    copied = as_json(kb("init", folder, "--json"))["copied"]
    assert len(copied) >= 25
    assert as_json(kb("init", folder, "--json"))["copied"] == []
    report = as_json(kb("index", "-n", folder, "--json"))
    assert report["added"] == len(copied)
    assert report["skipped"] == report["warnings"] == []
    answer = as_json(
        kb("ask", "-n", folder, "--json", "In which year was the Transformer introduced?")
    )
    assert answer["kind"] == "extractive"
    assert "2017" in str(answer["answer"])


def test_ask_json_has_the_documented_fields(notes: Path) -> None:
    kb("index", "-n", str(notes))
    answer = as_json(kb("ask", "-n", str(notes), "--json", "When was Ohm's law published?"))
    assert {
        "question", "answer", "kind", "confidence", "citations", "alternatives", "timings_ms"
    } <= set(answer)  # fmt: skip
    citations = answer["citations"]
    assert isinstance(citations, list)
    source = (notes / "ohm.md").read_text()
    assert source[citations[0]["start"] : citations[0]["end"]] == "1827"


def test_ask_reads_a_question_a_line(notes: Path) -> None:
    kb("index", "-n", str(notes))
    questions = "When was Ohm's law published?\n\n海水的平均盐度是多少？\n" + "x" * 9000 + "\n"
    result = kb("ask", "-n", str(notes), "-", stdin=questions.encode())
    first, second, third = map(json.loads, result.stdout.splitlines())
    assert first["answer"] == "1827"
    assert "3.5%" in second["answer"]
    assert "characters" in third["error"]


def test_ask_of_nothing_known_exits_0_with_null(notes: Path) -> None:
    kb("index", "-n", str(notes))
    answer = as_json(kb("ask", "-n", str(notes), "--json", "Who won the 1998 World Cup?"))
    assert (answer["answer"], answer["kind"]) == (None, "none")


def test_status_json_of_an_indexed_folder_tells_when(notes: Path) -> None:
    kb("index", "-n", str(notes))
    status = as_json(kb("status", "-n", str(notes), "--json"))
    assert status["notes"] == 2
    assert datetime.fromisoformat(status["indexed_at"]).tzinfo is not None


def test_add_takes_file_folder_and_standard_input(notes: Path, tmp_path: Path) -> None:
    single = tmp_path / "one.md"
    single.write_text("# One\n")
    many = tmp_path / "many"
    (many / "deep").mkdir(parents=True)
    (many / "deep" / "two.md").write_text("# Two\n")
    base = ("-n", str(notes), "--json")
    assert as_json(kb("add", str(single), *base))["added"] == ["one.md"]
    assert as_json(kb("add", str(many), *base))["added"] == ["deep/two.md"]
    assert as_json(kb("add", "-", "--name", "three", *base, stdin="# 三\n"))["added"] == [
        "three.md"
    ]
    assert (notes / "three.md").read_text(encoding="utf-8") == "# 三\n"


def test_add_never_overwrites_silently(notes: Path, tmp_path: Path) -> None:
    other = tmp_path / "ohm.md"
    other.write_text("other")
    before = (notes / "ohm.md").read_text()
    fails_in_one_line(kb("add", str(other), "-n", str(notes)), "ohm.md", "--overwrite")
    assert (notes / "ohm.md").read_text() == before
    assert kb("add", str(other), "-n", str(notes), "--overwrite").exit_code == 0
    assert (notes / "ohm.md").read_text() == "other"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ask", "Who?", "-n", "/nowhere/at/all"), ["/nowhere/at/all"]),
        (("ask", "Who?", "-n", "NOTES"), ["kb index"]),
        (("ask", "", "-n", "NOTES"), ["empty"]),
        (("index", "-n", "NOTES/ohm.md"), ["ohm.md"]),
        (("add", "/nowhere.md", "-n", "NOTES"), ["/nowhere.md"]),
        (("add", "-", "--name", "../out", "-n", "NOTES"), ["../out"]),
        (("eval", "NOTES/ohm.md"), ["ohm.md"]),
    ],
    ids=["no folder", "no index", "empty", "a file", "no source", "leaves", "not squad"],
)
def test_errors_are_one_line(notes: Path, arguments: tuple[str, ...], words: list[str]) -> None:
    given = [argument.replace("NOTES", str(notes)) for argument in arguments]
    fails_in_one_line(kb(*given, stdin="x"), *words)


@pytest.mark.parametrize(
    "arguments", [("ask",), ("frobnicate",), ("search", "x", "-k", "0"), ("add", "-")], ids=str
)
def test_wrong_usage_exits_2(arguments: tuple[str, ...]) -> None:
    assert kb(*arguments).exit_code == 2


def test_every_command_shows_help_with_an_example() -> None:
    for name in main.commands:
        result = kb(name, "--help")
        assert result.exit_code == 0
        assert re.search(rf"^\s+.*\bkb {name}\b", result.stdout.split("Usage:")[1], re.MULTILINE), (
            name
        )


@pytest.mark.parametrize("mode", ["reader", "retriever", "end-to-end"])
def test_eval_measures_a_squad_file(tmp_path: Path, mode: str) -> None:
    context = "Ohm's law was published in 1827 by Georg Ohm."
    questions = [
        {"id": "1", "question": "When was Ohm's law published?",
         "answers": [{"text": "1827", "answer_start": context.index("1827")}]},
        {"id": "2", "question": "Who won the World Cup?", "is_impossible": True, "answers": []},
    ]  # fmt: skip
    file = tmp_path / "q.json"
    paragraph = {"context": context, "qas": questions}
    file.write_text(json.dumps({"data": [{"title": "Ohm", "paragraphs": [paragraph]}]}))
    report = as_json(kb("eval", str(file), "--mode", mode, "--json"))
    assert report["mode"] == mode
    if mode == "retriever":
        assert report["recall_at"] == {"1": 100.0, "5": 100.0, "20": 100.0}
    else:
        assert report["questions"] == 2
        assert report["answerable"] == {"n": 1, "exact_match": 100.0, "f1": 100.0}


def test_eval_takes_a_list_of_own_questions_and_compare_two_runs(
    tmp_path: Path, notes: Path
) -> None:
    kb("index", "-n", str(notes))
    table = tmp_path / "questions.md"
    table.write_text(
        "# Golden\n\n| Question | Note | Answer |\n| --- | --- | --- |\n"
        "| When was Ohm's law published? | ohm.md | 1827 |\n| 海水的盐度是多少？ | 海.md | 3.5% |\n"
        "| Who won the World Cup in 1998? | | |\n",
        encoding="utf-8",
    )
    runs = [str(tmp_path / "a.json"), str(tmp_path / "b.json")]
    found = as_json(
        kb("eval", str(table), "--mode", "retriever", "-n", str(notes), "--save", runs[0], "--json")
    )
    assert (found["questions"], found["mrr"], found["ndcg_at_10"]) == (2, 1.0, 1.0)
    assert "rows" not in found
    answered = as_json(kb("eval", str(table), "-n", str(notes), "--save", runs[1], "--json"))
    assert answered["mode"] == "end-to-end"
    assert answered["questions"] == 3
    assert answered["unanswerable"]["recognised"] == 100.0
    same = as_json(kb("compare", runs[1], runs[1], "--json"))
    assert same["f1"]["difference"]["mean"] == 0.0
    assert same["f1"]["beyond_chance"] is False
    fails_in_one_line(kb("compare", runs[0], str(table)), "questions.md", "kb eval --save")
    fails_in_one_line(kb("eval", str(table), "--mode", "reader", "-n", str(notes)), "mode reader")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "no column"), ("a,b\n1,2\n", "no column"), ("question\n", "holds no question")],
)
def test_eval_names_what_is_wrong_with_a_list(
    tmp_path: Path, notes: Path, text: str, reason: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    kb("index", "-n", str(notes))
    fails_in_one_line(
        kb("eval", str(file), "--mode", "retriever", "-n", str(notes)), "bad.csv", reason
    )


def test_the_command_reads_its_folder_from_the_environment(notes: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "kb.cli.main", "index", "--json"],
        cwd=ROOT,
        env={**os.environ, "KB_NOTES": str(notes)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout)["added"] == 2
