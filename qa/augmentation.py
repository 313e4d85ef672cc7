"""Make training questions that no data set has: ``python -m qa.augmentation DATA CEDICT OUT``.

Of the questions in DATA: the same ones as keywords, as people type them into a search box; the
same ones glossed into the other language (`qa.glossing`); and questions that code answers
(`qa.documented_code`). Paragraphs and titles stay, so that `qa.squad.split` puts a made question
on the side of its document. CEDICT is CC-CEDICT's text file (CC BY-SA 4.0, https://cc-cedict.org).
"""

import argparse
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from qa import documented_code
from qa.glossing import Dictionary
from qa.squad import Example, read_squad, write_squad
from retrieval.stop_words import ENGLISH as _STOP_WORDS

ENGLISH = ("squad2_train_p1", "squad2_train_p2", "squad2_train_p3", "squad2_train_p4", "nq_qed")
CHINESE = ("cmrc2018_train", "drcd_dev", "drcd_test", "dureader_robust_dev")
TAKE = 14_000
"""Questions of each language that are made over, each in one way."""
CODE = 5_000
_STOPPED = frozenset(_STOP_WORDS.split())
_ASKING = re.compile(
    r"请问|是什么时候|什么时候|是什么|为什么|什么|是谁|谁|哪一年|哪年|哪里|哪儿|哪些|哪个|哪|多少|多久|多长|"
    r"怎么样|怎样|怎么|如何|何时|何地|为何|是?[什甚]麼|為何|誰|是?[哪那]個|[吗呢吧啊嗎？?，。]"
)


def english_keywords(question: str) -> str:
    """Return the question's words that carry its topic, in lower case and without their signs."""
    words = re.findall(r"[\w.'%-]*\w", question)
    return " ".join(word for word in words if word.lower() not in _STOPPED).lower()


def chinese_keywords(question: str) -> str:
    """Return the question without the words that ask and the particles between its terms."""
    return " ".join(
        re.sub(
            r"(?<=[\u3400-\u9fff])的(?=[\u3400-\u9fff])", " ", _ASKING.sub(" ", question)
        ).split()
    )


def made_over(examples: Iterable[Example], make: Callable[[str], str], mark: str) -> list[Example]:
    """Return the examples with their questions made over, without those that nothing is left of."""
    found: list[Example] = []
    for example in examples:
        question = make(example.question)
        if len(question) > 3:
            found.append(replace(example, id=f"{example.id}-{mark}", question=question))
    return found


def write(data: Path, cedict: Path, out: Path, seed: int = 1) -> dict[str, int]:
    """Write the made questions, a file for each kind; return how many by file name."""
    chinese = [example for name in CHINESE for example in read_squad(data / f"{name}.json")]
    english = [example for name in ENGLISH for example in read_squad(data / f"{name}.json")]
    dictionary = Dictionary.read(cedict, dict.fromkeys(example.context for example in chinese))
    generator = random.Random(seed)
    asked_in_english = generator.sample(english, TAKE)
    asked_in_chinese = generator.sample(chinese, min(TAKE, len(chinese)))
    half, middle = TAKE // 2, len(asked_in_chinese) // 2
    made = {
        "chinese_on_english": made_over(asked_in_english[:half], dictionary.to_chinese, "zh"),
        "keywords_english": made_over(asked_in_english[half:], english_keywords, "keywords"),
        "english_on_chinese": made_over(asked_in_chinese[:middle], dictionary.to_english, "en"),
        "keywords_chinese": made_over(asked_in_chinese[middle:], chinese_keywords, "keywords"),
        "documented_code": documented_code.examples(CODE, seed),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, examples in made.items():
        write_squad(out / f"{name}.json", examples)
    return {name: len(examples) for name, examples in made.items()}


def main() -> None:
    """Write the files and say how many questions each holds."""
    parser = argparse.ArgumentParser(prog="python -m qa.augmentation", description=__doc__)
    parser.add_argument("data", type=Path, help="folder of SQuAD-format files")
    parser.add_argument("cedict", type=Path, help="CC-CEDICT's text file")
    parser.add_argument("out", type=Path, help="where to write, DATA/augmented for the runs")
    options = parser.parse_args()
    for name, count in write(options.data, options.cedict, options.out).items():
        print(f"{name}: {count} questions")  # noqa: T201


if __name__ == "__main__":
    main()
