"""What every page says."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # Everywhere
    "app": ("Notes that answer", "会回答的笔记"),
    "about": (
        "Answers with the exact words of your notes, on this machine alone.",
        "用笔记里的原话回答，一切都在本机完成。",
    ),
    "page_chat": ("Ask", "提问"),
    "page_notes": ("Notes", "笔记"),
    "page_note": ("Note", "笔记"),
    "page_status": ("Index", "索引"),
    "language": ("Language", "语言"),
    "language_en": ("English", "English"),
    "language_zh": ("中文", "中文"),
    "cancel": ("Cancel", "取消"),
    "save": ("Save", "保存"),
    # When the notes cannot be opened
    "cannot_open": ("The notes cannot be opened", "无法打开笔记"),
    "cannot_open_help": (
        "Put this right, then try again. The folder of the notes is set with `kb serve --notes DIR`"
        " or the variable `KB_NOTES`; `kb init DIR` makes one with starter notes.",
        "解决这个问题后再试一次。笔记文件夹由 `kb serve --notes DIR` 或环境变量 `KB_NOTES`"
        " 指定；`kb init DIR` 会新建一个带入门笔记的文件夹。",
    ),
    "try_again": ("Try again", "再试一次"),
}
