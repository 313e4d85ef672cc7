from pathlib import Path

import pytest

from qa.errors import DatasetError
from qa.glossing import Dictionary

ENTRIES = """# CC-CEDICT
戰爭 战争 [zhan4 zheng1] /war/conflict/
戰事 战事 [zhan4 shi4] /war/hostilities/fighting/
開始 开始 [kai1 shi3] /to begin/beginning/CL:個|个[ge4]/
香港 香港 [Xiang1 gang3] /Hong Kong/
出版 出版 [chu1 ban3] /to publish/
出 出 [chu1] /to go out/
這部 这部 [zhe4 bu4] /this part/
"""


@pytest.fixture
def dictionary(tmp_path: Path) -> Dictionary:
    path = tmp_path / "cedict.txt"
    path.write_text(ENTRIES, encoding="utf-8")
    return Dictionary.read(path, ["战争开始了，战争。"])


def test_dictionary_takes_the_word_that_texts_use(dictionary: Dictionary) -> None:
    assert dictionary.chinese["war"] == "战争"


def test_to_chinese_finds_inflected_words_and_asks_at_the_end(
    dictionary: Dictionary,
) -> None:
    assert dictionary.to_chinese("When did the war in Hong Kong begin?") == (
        "战争香港开始什么时候？"
    )
    assert dictionary.to_chinese("Who began the war?") == "开始战争谁？"


def test_to_chinese_keeps_unknown_words_apart(dictionary: Dictionary) -> None:
    assert dictionary.to_chinese("Who is Ada Lovelace?") == "Ada Lovelace 谁？"


def test_to_english_takes_the_longest_word_and_folds_traditional(dictionary: Dictionary) -> None:
    assert dictionary.to_english("在香港何時出版？") == "when Hong Kong publish?"


def test_read_says_which_file_is_no_dictionary(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no entry", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"notes\.txt"):
        Dictionary.read(path, [])
    with pytest.raises(DatasetError, match=r"missing\.txt"):
        Dictionary.read(tmp_path / "missing.txt", [])
