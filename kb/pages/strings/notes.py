"""The notes, and one of them."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # Notes
    "browse": ("Browse", "浏览"),
    "add": ("Add", "添加"),
    "folder": ("Folder", "文件夹"),
    "tag": ("Tag", "标签"),
    "any_folder": ("Every folder", "所有文件夹"),
    "any_tag": ("Every tag", "所有标签"),
    "find": ("Find", "查找"),
    "find_placeholder": ("Title, path, or words in the text", "标题、路径或正文中的词语"),
    "notes_found": ("Notes: {count}", "笔记：{count} 篇"),
    "no_notes": ("No notes here.", "这里没有笔记。"),
    "passages_found": ("Passages about it", "相关段落"),
    "add_title": ("Write a note", "写一篇笔记"),
    "add_name": ("Name", "名称"),
    "add_name_help": (
        "A path in the folder of the notes, such as memory/attention. `.md` is added.",
        "笔记文件夹中的路径，例如 memory/attention。会自动加上 `.md`。",
    ),
    "add_text": ("Text, in Markdown", "正文（Markdown）"),
    "add_replace": ("Replace the note if there is one", "如已存在则替换"),
    "add_button": ("Save the note", "保存笔记"),
    "added": ("Saved:", "已保存："),
    "upload_title": ("Upload notes", "上传笔记"),
    "upload_files": ("Markdown or text files, in UTF-8", "Markdown 或文本文件（UTF-8）"),
    "upload_folder": ("Into this folder", "放入此文件夹"),
    "upload_folder_help": ("Empty: the top of the notes.", "留空：笔记的最上层。"),
    "upload_button": ("Add the files", "添加文件"),
    "upload_nothing": ("Choose a file first.", "请先选择文件。"),
    "not_utf8": (
        "{name} is not UTF-8 text; save it as UTF-8.",
        "{name} 不是 UTF-8 文本；请另存为 UTF-8。",
    ),
    # One note
    "view": ("View", "视图"),
    "rendered": ("Read", "阅读"),
    "source": ("Source", "原文"),
    "no_note_chosen": ("Choose a note on the page of notes.", "请在笔记页选择一篇笔记。"),
    "same_folder": ("In this folder", "同一文件夹"),
    "back_to_notes": ("All notes", "所有笔记"),
    "place_gone": (
        "The note is shorter now than when it was cited; the place is no longer there.",
        "笔记比引用时更短，原来的位置已不存在。",
    ),
    "too_long": (
        "This note is too long to be shown whole: characters {low} to {high} of {total}.",
        "笔记太长，无法完整显示：第 {low} 至 {high} 个字符，共 {total} 个。",
    ),
}
