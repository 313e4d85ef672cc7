"""Receipts through the command line, with the bundled models, and what becomes of their words."""

import json
from pathlib import Path

import pytest

from kb.errors import KbError
from kb.storage.text import sha256_hex
from kb.trust.receipts import Receipt, append_receipt, read_receipts
from kb.trust.verifying import Verdict, verify
from tests.kb.test_cli import fails_in_one_line, kb

OHM = "# Ohm's law\n\nIntro.\n\nOhm's law was published in 1827. It is simple.\n"


def receipt_of(source: str, words: str, quote: str, at: int = 0, note: str = "ohm.md") -> Receipt:
    low = source.index(quote, at)
    start = low + quote.index(words)
    return Receipt(
        question="When?", answer=words, confidence=0.9, note=note, start=start,
        end=start + len(words), quote=quote, quote_start=low, before=source[max(0, low - 80) : low],
        after=source[low + len(quote) :][:80], note_hash=sha256_hex(source),
        quote_hash=sha256_hex(quote), reader="r", encoder="e", generation=1, asked_at="2026-01-01",
    )  # fmt: skip


@pytest.fixture
def ohm() -> Receipt:
    return receipt_of(OHM, "1827", "Ohm's law was published in 1827.")


def verdict_on(folder: Path, receipt: Receipt, **notes: str) -> Verdict:
    for name, text in notes.items():
        (folder / f"{name}.md").write_bytes(text.encode())
    [verdict] = verify(folder, [receipt])
    if verdict.note is not None:
        source = (folder / verdict.note).read_bytes().decode()
        words = source[verdict.start : verdict.end]
        assert words.split() == receipt.answer.split()
    return verdict


def test_ask_saves_a_receipt_that_verify_finds_valid(tmp_path: Path) -> None:
    notes, file = tmp_path / "notes", tmp_path / "receipts.jsonl"
    notes.mkdir()
    (notes / "ohm.md").write_text(OHM)
    kb("index", "-n", str(notes))
    question = "When was Ohm's law published?"
    result = kb("ask", question, "-n", str(notes), "--receipt", str(file))
    assert (result.exit_code, "1827" in result.stdout) == (0, True)
    kb("ask", "-", "-n", str(notes), "--receipt", str(file), stdin=f"{question}\nWho is Zorb?\n")
    first, second = read_receipts(file)
    assert first.quote == "Ohm's law was published in 1827."
    assert OHM[first.start : first.end] == "1827"
    assert (first.question, first.note, second.answer) == (question, "ohm.md", "1827")
    assert first.generation > 0
    assert first.reader != first.encoder != ""
    checked = kb("verify", str(file), "-n", str(notes))
    assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (0, "2 valid")
    (notes / "ohm.md").write_text("# Ohm\n\nNothing.\n")
    checked = kb("verify", str(file), "-n", str(notes), "--json")
    assert checked.exit_code == 1
    assert {each["state"] for each in json.loads(checked.stdout)} == {"changed"}


def test_a_receipt_of_a_changed_note_is_refused_after_the_answer_is_shown(tmp_path: Path) -> None:
    notes, file = tmp_path / "notes", tmp_path / "receipts.jsonl"
    notes.mkdir()
    (notes / "ohm.md").write_text(OHM)
    kb("index", "-n", str(notes))
    (notes / "ohm.md").write_text(f"New.\n\n{OHM}")
    asked = ("When was Ohm's law published?", "-n", str(notes), "--receipt", str(file))
    result = kb("ask", *asked)
    assert result.exit_code == 1
    assert "1827" in result.stdout
    assert "kb index" in result.stderr
    assert not file.exists()


def test_a_curated_answer_is_quoted_and_not_its_whole_front_matter(tmp_path: Path) -> None:
    notes, file = tmp_path / "notes", tmp_path / "receipts.jsonl"
    notes.mkdir()
    text = "---\nfaq:\n  - q: Who guards the gate?\n    a: Old Tom does.\ntags: [x]\n---\n# Gate\n"
    (notes / "gate.md").write_text(text)
    kb("index", "-n", str(notes))
    kb("ask", "Who guards the gate?", "-n", str(notes), "--receipt", str(file))
    [receipt] = read_receipts(file)
    assert text[receipt.start : receipt.end] == receipt.answer == "Old Tom does."
    assert "tags" not in receipt.quote


def test_words_at_their_place_are_valid_whatever_follows(tmp_path: Path, ohm: Receipt) -> None:
    assert verdict_on(tmp_path, ohm, ohm=OHM + "\nMore.\n").state == "valid"


@pytest.mark.parametrize(
    "now",
    [f"---\na: b\n---\n{OHM}", OHM.replace("\n", "\r\n"), OHM.replace("law was", "law\nwas")],
    ids=["text-above", "other-line-ends", "wrapped-anew"],
)
def test_words_elsewhere_in_the_note_are_moved(tmp_path: Path, ohm: Receipt, now: str) -> None:
    assert verdict_on(tmp_path, ohm, ohm=now).state == "moved"


def test_the_repeat_with_the_same_surroundings_is_taken(tmp_path: Path) -> None:
    before = "# A\n\nOf iron it is so. It is 7.\n\n# B\n\nOf gold it is so. It is 7.\n"
    receipt = receipt_of(before, "7", "It is 7.", at=before.index("gold"))
    now = f"# New heading\n\n{before}"
    verdict = verdict_on(tmp_path, receipt, ohm=now)
    assert (verdict.state, verdict.start) == ("moved", now.rindex("7"))


def test_the_same_number_in_another_sentence_is_changed(tmp_path: Path, ohm: Receipt) -> None:
    now = OHM.replace("was published", "was never published")
    assert verdict_on(tmp_path, ohm, ohm=now).state == "changed"


def test_a_renamed_note_is_found_before_one_that_quotes_it(tmp_path: Path, ohm: Receipt) -> None:
    quoting = "He wrote: Ohm's law was published in 1827. It is simple.\n"
    verdict = verdict_on(tmp_path, ohm, a=quoting, renamed=OHM)
    assert (verdict.state, verdict.note, verdict.start) == ("moved", "renamed.md", ohm.start)


def test_words_of_a_missing_note_that_stand_nowhere_are_gone(tmp_path: Path, ohm: Receipt) -> None:
    assert verdict_on(tmp_path, ohm, other="# 1827\n").state == "gone"


def test_a_note_that_cannot_be_read_is_not_called_gone(tmp_path: Path, ohm: Receipt) -> None:
    (tmp_path / "ohm.md").write_bytes(b"\xff\xfe")
    with pytest.raises(KbError, match=r"ohm\.md"):
        verify(tmp_path, [ohm])


def test_half_a_line_of_a_killed_run_is_named_and_spoils_no_other(
    tmp_path: Path, ohm: Receipt
) -> None:
    file = tmp_path / "r.jsonl"
    file.write_text('{"question": "Wh')
    append_receipt(file, ohm)
    with pytest.raises(KbError, match=r"r\.jsonl:1 "):
        read_receipts(file)
    file.write_text(file.read_text().split("\n", 1)[1])
    assert read_receipts(file) == [ohm]


@pytest.mark.parametrize(
    "line",
    ["[]", "{}", "nonsense", '"x"', "QUOTE", "PLACE", "KIND"],
)
def test_what_is_no_receipt_is_one_line(tmp_path: Path, ohm: Receipt, line: str) -> None:
    file = tmp_path / "r.jsonl"
    append_receipt(file, ohm)
    good = json.loads(file.read_text())
    bad = {
        "QUOTE": {**good, "quote": "Ohm's law was published in 1828."},
        "PLACE": {**good, "end": 9999},
        "KIND": {**good, "start": "3"},
    }
    file.write_text(json.dumps(bad[line]) if line in bad else line)
    fails_in_one_line(kb("verify", str(file), "-n", str(tmp_path)), "r.jsonl:1")


def test_no_file_of_receipts_is_one_line(tmp_path: Path) -> None:
    fails_in_one_line(kb("verify", str(tmp_path / "no.jsonl"), "-n", str(tmp_path)), "no.jsonl")
