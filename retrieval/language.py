"""Which of the two languages a text is in."""

import re
from typing import Literal

Language = Literal["en", "zh"]

HAN_SHARE = 0.2
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


def detect_language(text: str) -> Language:
    """Return "zh" if at least a fifth of the letters are Han, else "en"."""
    letters = sum(character.isalpha() for character in text)
    return "zh" if letters and len(_HAN.findall(text)) >= HAN_SHARE * letters else "en"
