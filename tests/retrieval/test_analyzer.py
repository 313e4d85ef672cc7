import hashlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import analyzer
from retrieval.analyzer import MAX_TERM, analyze, analyze_question

SAMPLES = [
    "The runners' Café was running max_length=3.11 with IndexFlatIP, torch.nn and HTTPException.",
    "LLMs use C++ and C# in kb_notes; app.get() --no-cache, 1,000,000 e-mails, GPT-4 or gpt4?",
    "用BERT做問答：後來發現了預訓練語言模型，1963年。什么时候？",
    "食べるガギ 한국어를 배우다 Привет мир हिन्दी ภาษาไทย مَرحَبا Straße ＡＢＣ１２３",
]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Running runs RAN", ["run", "run", "ran"]),
        ("max_length", ["max", "length", "maxlength"]),
        ("IndexFlatIP", ["index", "flat", "ip", "indexflatip"]),
        ("torch.nn", ["torch", "nn", "torchnn"]),
        ("HTTPException", ["http", "except", "httpexcept"]),
        ("app.get()", ["app", "get", "appget"]),
        ("--no-cache", ["no", "cach", "nocach"]),
        ("C++", ["c++", "c"]),
        ("C#, F#", ["c#", "c", "f#", "f"]),
        ("3.11", ["3", "11", "3.11"]),
        ("__init__", ["init"]),
        ("kb_notes", ["kb", "note", "kbnote"]),
        ("LLMs", ["llm"]),
        ("1,000,000 and 3,14", ["1000000", "and", "3", "14"]),
        ("Bob's café", ["bob", "cafe"]),
        ("Stra\u00dfe ＡＢＣ", ["strass", "abc"]),
        ("猫", ["猫"]),
        ("語言模型", ["语", "语言", "言", "言模", "模", "模型", "型"]),
        ("用BERT做問答", ["用", "bert", "做", "做问", "问", "问答", "答"]),
        ("威廉·瓊斯", ["威", "威廉", "廉", "琼", "琼斯", "斯"]),
        ("食べ", ["食", "食べ", "べ"]),
        ("Привет, МИР", ["привет", "мир"]),
        ("soft\u00adhyphen zero\u200bwidth", ["softhyphen", "zerowidth"]),
        ("", []),
        (" ,.?!—…。，\n", []),
    ],
)
def test_analyze_gives_terms(text: str, terms: list[str]) -> None:
    assert analyze(text) == terms


@pytest.mark.parametrize(
    ("note", "questions"),
    [
        ("`max_length`", ["max_length", "max length", "maxLength", "max-length", "MAX_LENGTH"]),
        ("IndexFlatIP", ["indexflatip", "index flat ip", "IndexFlat", "flat"]),
        ("torch.nn.functional", ["torch", "nn.functional", "torch.nn.functional", "functional"]),
        ("HuggingFace", ["huggingface", "Hugging Face", "hugging"]),
        ("Bert.from_pretrained", ["from_pretrained", "pretrained", "bert.from_pretrained"]),
        ("std::vector<int>", ["std::vector", "vector"]),
        ("GPT-4", ["gpt4", "GPT 4", "gpt"]),
        ("C++ code", ["c++"]),
        ("Python 3.11", ["3.11", "python"]),
        ("預訓練語言模型", ["预训练", "语言模型", "模型"]),
        ("预训练语言模型", ["預訓練", "語"]),
        ("naïve résumé", ["naive", "resume"]),
        ("한국어를 배우다", ["한국어"]),
        ("हिन्दी भाषा", ["हिन्दी"]),
    ],
)
def test_note_is_found_by_whole_and_parts(note: str, questions: list[str]) -> None:
    terms = set(analyze(note))
    assert [question for question in questions if terms.isdisjoint(analyze(question))] == []


@pytest.mark.parametrize("spelling", ["max_length", "maxLength", "max-length", "MaxLength"])
def test_spellings_of_a_name_share_the_whole(spelling: str) -> None:
    assert "maxlength" in analyze(spelling)


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("What is the capital of France?", ["capit", "franc"]),
        ("to be or not to be", ["to", "be", "or", "not"]),
        ("什么是掩码？", ["掩", "掩码", "码"]),
        ("是什么", ["是", "是什", "什", "什么", "么"]),
        ("cats and cats", ["cat"]),
        ("don't", ["dont"]),
        ("?!", []),
    ],
)
def test_question_drops_stop_words_unless_alone(question: str, terms: list[str]) -> None:
    assert analyze_question(question) == terms


@given(st.text(max_size=200))
def test_terms_are_short_and_hold_no_space(text: str) -> None:
    terms = analyze(text)
    assert all(term and len(term) <= MAX_TERM + 2 for term in terms)
    assert " ".join(terms).split() == terms
    assert set(analyze_question(text)) <= set(terms)


@given(st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=127), min_size=1))
def test_whole_word_is_found_in_lower_case(word: str) -> None:
    # Capitals say where an identifier's parts begin; without them the whole still meets.
    if len(word) <= 20 and not word[:-1].endswith(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")):
        assert not set(analyze(word)).isdisjoint(analyze(word.lower()))


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "A" * 1_000_000,
        "aB" * 500_000,
        "a." * 500_000,
        "a_" * 500_000,
        "漢" * 1_000_000,
        "-" * 1_000_000,
        "a" + "\u0316\u0300" * 500_000,
        "1,000" * 200_000,
        "é" * 1_000_000,
    ],
    ids=lambda text: repr(text[:4]),
)
def test_long_token_takes_linear_time(text: str) -> None:
    started = time.process_time()
    terms = analyze(text)
    # Quadratic would be hours; the slowest of these takes half a second of a free core.
    assert time.process_time() - started < 8
    assert all(len(term) <= MAX_TERM for term in terms)


def test_stemming_is_the_same_from_many_threads() -> None:
    words = [f"{stem}{end}" for stem in ("work", "jump", "learn") for end in ("ing", "ed", "s")]
    texts = [f"{word}x{number} {word}" for number in range(500) for word in words]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(analyze, texts))
    assert together == [analyze(text) for text in texts]


def test_version_stands_for_these_terms() -> None:
    found = hashlib.sha256("\n".join(" ".join(analyze(text)) for text in SAMPLES).encode())
    assert (analyzer.VERSION, found.hexdigest()[:16]) == (1, "074d060eebe75dd0"), (
        "the analyzer gives other terms: raise VERSION, so that old indexes are refilled"
    )
