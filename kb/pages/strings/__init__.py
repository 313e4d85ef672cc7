"""Every text of the pages, in English and Chinese: one small table, a module for each subject."""

from __future__ import annotations

from typing import Final, Literal, get_args

from kb.pages.strings import ask, errors, everywhere, faq, inbox, index, insight, login, notes

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

TABLE: Final[dict[str, tuple[str, str]]] = {
    **everywhere.TEXTS,
    **errors.TEXTS,
    **ask.TEXTS,
    **notes.TEXTS,
    **index.TEXTS,
    **inbox.TEXTS,
    **faq.TEXTS,
    **insight.TEXTS,
    **login.TEXTS,
}


def translate(key: str, language: Language, **values: object) -> str:
    """Return a text of the pages.

    :param values: what stands in its braces.
    """
    return TABLE[key][LANGUAGES.index(language)].format(**values)
