"""A knowledge base over a folder of Markdown notes.

>>> from kb import KnowledgeBase, Settings
>>> base = KnowledgeBase.open(Settings.load("notes"))      # doctest: +SKIP
>>> base.ask("What is BERT?").text                         # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from kb.errors import KbError

if TYPE_CHECKING:
    from kb.answer import Answer, Citation
    from kb.config import Settings
    from kb.knowledge import KnowledgeBase

__all__ = ["Answer", "Citation", "KbError", "KnowledgeBase", "Settings"]

_HOMES = {
    "Answer": "kb.answer",
    "Citation": "kb.answer",
    "KnowledgeBase": "kb.knowledge",
    "Settings": "kb.config",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  whatever the name stands for
    """Import a part when it is first used: `import kb` itself costs next to nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kb' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
