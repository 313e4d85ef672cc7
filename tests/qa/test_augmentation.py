from qa.augmentation import chinese_keywords, english_keywords, made_over
from qa.squad import Example, is_held_out


def test_english_keywords_are_the_topic() -> None:
    assert english_keywords("Who was the first president of the U.S.?") == "first president u.s"


def test_chinese_keywords_drop_what_asks() -> None:
    assert chinese_keywords("长短期记忆网络是谁提出的？") == "长短期记忆网络 提出的"
    assert chinese_keywords("香港的面积是多少？") == "香港 面积是"


def test_made_over_keeps_a_document_on_its_side_of_the_split() -> None:
    given = [Example(str(n), "Who wrote it?", f"text {n}", f"Title {n}", ()) for n in range(200)]
    made = made_over(given, english_keywords, "keywords")
    assert [e.question for e in made] == ["wrote"] * 200
    assert [is_held_out(e, 200) for e in made] == [is_held_out(e, 200) for e in given]


def test_made_over_leaves_out_what_nothing_is_left_of() -> None:
    given = Example("1", "Why?", "text", "Title", ())
    assert made_over([given], english_keywords, "keywords") == []
