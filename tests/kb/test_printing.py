from __future__ import annotations

from kb.answer import Alternative, Answer, Citation
from kb.cli import printing

CITATION = Citation("a/b.md", "Sums", "A", 10, 14, "It is nine.", 4, 15, 6, 10)


def test_answer_keeps_an_alternative_of_several_lines_in_one() -> None:
    other = Alternative("import torch\n\ntorch.sum(x)", 0.05, CITATION)
    found = Answer("How many?", "nine", "extractive", 0.9, (CITATION,), (other,))
    assert printing.answer(found).splitlines() == [
        "nine",
        "  confidence 90%",
        "  a/b.md (Sums › A) [10–14]",
        "    It is «nine».",
        "  also: import torch torch.sum(x) (5%, a/b.md)",
    ]
