import pytest

from retrieval.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param("When was the bridge built? It was built in 1932.", "en", id="english"),
        pytest.param("这座桥建于哪一年？这座桥建于1932年。", "zh", id="chinese"),
        pytest.param("這座橋建於哪一年？", "zh", id="traditional"),
        pytest.param("用 `max_length` 截断输入，默认 512 个 token。", "zh", id="mixed"),
        pytest.param("The word 北京 (Beijing) means northern capital.", "en", id="one-word"),
        pytest.param("1932", "en", id="no-letters"),
        pytest.param("", "en", id="empty"),
    ],
)
def test_detect_language_goes_by_the_share_of_han(text: str, language: str) -> None:
    assert detect_language(text) == language
