"""How soon the pages are there: ``python -m benchmarks.page [--questions N]``.

On the starter notes, indexed: seconds from the command to a page that can be asked, and from Enter
to the answer on screen, warm, in a real browser. Writes benchmarks/results/page.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.machine import describe
from kb.config import Settings
from kb.knowledge import KnowledgeBase
from tests.app.browsing import ARGUMENTS, CHROMIUM
from tests.app.serving import serving

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "page.json"
BOX = '[data-testid="stChatInputTextArea"]'
QUESTIONS = (
    "Who introduced the LSTM?",
    "How many attention heads does BERT base have?",
    "Why is self-attention used rather than recurrence?",
    "What is the working memory of a language model?",
    "Who won the chess tournament of 1927?",
    "长短期记忆网络是谁提出的？",
    "语言模型的工作记忆是什么？",
    "How is perplexity computed?",
)
# Ends when the answer to the question is on screen: its words, or that there are none.
_ANSWERED = """([number, begun]) => new Promise((resolve) => {
  const look = () => {
    const question = document.querySelectorAll('.kb-question')[number]
    const answer = document.querySelectorAll('[data-testid="stChatMessage"]')[2 * number + 1]
    const words = answer?.querySelector('.kb-answer, a[href*="note?"]')
    if (question?.id === 'kb-asked' && words) resolve(performance.now() - begun)
    else requestAnimationFrame(look)
  }
  look()
})"""


def ready_seconds(notes: Path, scratch: Path, browser: Browser) -> float:
    """Start the server and open the page; return the seconds until it can be asked."""
    began = time.perf_counter()
    with serving(Settings.load(notes, port=0), scratch / "ready.log") as url:
        page = browser.new_page()
        page.goto(url)
        page.locator(BOX).wait_for()
        taken = time.perf_counter() - began
        page.close()
    return taken


def answer_ms(page: Page, number: int, question: str) -> float:
    """Ask and return the milliseconds from Enter to the answer on screen."""
    box = page.locator(BOX)
    box.fill(question)
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState"
        " === 'notRunning'"
    )
    begun = page.evaluate("performance.now()")
    box.press("Enter")
    return float(page.evaluate(_ANSWERED, [number, begun]))


def measure(notes: Path, scratch: Path, count: int) -> dict[str, Any]:
    """Measure both, in a browser that has already opened once."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        ready = [ready_seconds(notes, scratch, browser) for _ in range(3)]
        taken: list[float] = []
        with serving(Settings.load(notes, port=0), scratch / "asked.log") as url:
            page = browser.new_page()
            page.goto(url)
            page.locator(BOX).wait_for()
            for warming in (True, False):
                page.goto(url)
                page.locator(BOX).wait_for()
                asked = [QUESTIONS[at % len(QUESTIONS)] for at in range(2 if warming else count)]
                found = [answer_ms(page, at, each) for at, each in enumerate(asked)]
                taken += [] if warming else found
        browser.close()
    return {
        "ready_s": [round(each, 2) for each in ready],
        "ready_s_median": round(statistics.median(ready), 2),
        "answer_ms": [round(each) for each in taken],
        "answer_ms_median": round(statistics.median(taken)),
        "answer_ms_95th": round(sorted(taken)[int(0.95 * (len(taken) - 1))]),
        "machine": describe(),
    }


def main() -> None:
    """Index the starter notes, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=16, help="how many to ask in one chat")
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        notes = scratch / "notes"
        shutil.copytree(ROOT / "kb" / "starter", notes)
        base = KnowledgeBase.open(Settings.load(notes))
        base.index()
        base.close()
        found = measure(notes, scratch, options.questions)
    print(json.dumps(found, indent=2, ensure_ascii=False))
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
