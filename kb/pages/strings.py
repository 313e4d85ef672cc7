"""Every text of the pages, in English and Chinese: one small table."""

from __future__ import annotations

from typing import Final, Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

TABLE: Final[dict[str, tuple[str, str]]] = {
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
    # Ask
    "ask_placeholder": ("Ask your notes a question", "向你的笔记提问"),
    "ask_title": ("Ask your notes", "向你的笔记提问"),
    "ask_intro": (
        "The answer is the exact words of a note, with the place where they stand. If the notes do"
        " not hold it, you are told so.",
        "答案是笔记里的原话，并标出所在位置；如果笔记里没有答案，会如实告诉你。",
    ),
    "nothing_indexed": (
        "Nothing is indexed yet, so there is nothing to ask.",
        "还没有建立索引，暂时无法提问。",
    ),
    "asked_as": ("Asked as: {question}", "理解为：{question}"),
    "stage_start": ("Looking for the answer", "正在寻找答案"),
    "stage_searching": ("Searching the notes", "正在检索笔记"),
    "stage_reading": ("Reading the best passages", "正在阅读最相关的段落"),
    "stage_answering": ("Choosing the answer", "正在选择答案"),
    "stage_failed": ("No answer", "没有得到答案"),
    "confidence_help": (
        "How often answers with this figure are right: of those shown at 80 %, about four in five.",
        "带有这个数字的答案有多大比例是正确的：标为 80% 的答案，大约五个里有四个正确。",
    ),
    "confidence_high": ("Quite sure", "很有把握"),
    "confidence_middle": ("Probably right", "很可能正确"),
    "confidence_low": ("Not sure, check it", "不太确定，请核对"),
    "from_faq": ("A curated answer", "整理过的答案"),
    "also_in": ("Also stands in", "还出现在"),
    "alternatives": ("Other answers: {count}", "其他答案：{count} 个"),
    "unsure": ("Words that might answer it: {count}", "可能相关的原文：{count} 处"),
    "no_answer": ("The notes do not answer this.", "笔记里没有这个问题的答案。"),
    "nearest": ("The passages that come nearest:", "最接近的段落："),
    "no_passages": (
        "No passage comes near it either. Other words or a wider scope may help.",
        "也没有相近的段落。换个说法或放宽范围也许有用。",
    ),
    "took": ("{seconds} s", "{seconds} 秒"),
    "answered_unreadable": ("This answer can no longer be shown.", "这条答案已无法显示。"),
    # Chats
    "chats": ("Chats", "对话"),
    "chat_new": ("New chat", "新对话"),
    "chat_untitled": ("Untitled", "未命名"),
    "chat_none": ("None yet.", "还没有。"),
    "chat_gone": (
        "There is no such chat here; a new one begins with your question.",
        "这里没有这个对话；提问后会开始一个新的对话。",
    ),
    "chat_rename": ("Rename", "重命名"),
    "chat_delete": ("Delete", "删除"),
    "chat_name": ("Name of the chat", "对话名称"),
    "chat_delete_sure": (
        "Delete this chat? Its questions and answers cannot be brought back.",
        "删除这个对话吗？其中的问题和答案无法恢复。",
    ),
    "scope": ("Where to look", "检索范围"),
    "scope_tags": ("With any of these tags", "带有任一标签"),
    "scope_folders": ("In any of these folders", "位于任一文件夹"),
    "scope_all": ("All", "全部"),
    "scope_note": ("Looking only in: {scope}", "仅检索：{scope}"),
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
    "rendered": ("Read", "阅读"),
    "source": ("Source", "原文"),
    "no_note_chosen": ("Choose a note on the page of notes.", "请在笔记页选择一篇笔记。"),
    "same_folder": ("In this folder", "同一文件夹"),
    "back_to_notes": ("All notes", "所有笔记"),
    "cited_here": ("The cited words are marked in the source.", "引用的原文已在源文本中标出。"),
    "place_gone": (
        "The note is shorter now than when it was cited; the place is no longer there.",
        "笔记比引用时更短，原来的位置已不存在。",
    ),
    "too_long": (
        "This note is too long to be shown whole: characters {low} to {high} of {total}.",
        "笔记太长，无法完整显示：第 {low} 至 {high} 个字符，共 {total} 个。",
    ),
    # Index
    "notes_count": ("Notes", "笔记"),
    "passages_count": ("Passages", "段落"),
    "questions_count": ("Questions in notes", "笔记中的问题"),
    "stale_count": ("Changed since", "此后有变动"),
    "stale_note": (
        "Changed since the last indexing: {count}",
        "上次建立索引后有变动的笔记：{count} 篇",
    ),
    "up_to_date": ("The index is up to date.", "索引是最新的。"),
    "index_now": ("Index now", "立即建立索引"),
    "rebuild": ("Make the index anew", "重新建立索引"),
    "rebuild_help": (
        "Every passage is embedded again: needed after a change of model or a damaged index.",
        "重新计算所有段落的向量。更换模型或索引损坏后需要这样做。",
    ),
    "index_busy": ("Indexing", "正在建立索引"),
    "index_scanning": ("Looking through the folder", "正在查看文件夹"),
    "index_embedding": ("Indexing {done} of {total}", "正在建立索引：{done}/{total}"),
    "index_storing": ("Storing {done} of {total}", "正在保存：{done}/{total}"),
    "index_stopped": (
        "Indexing stopped unexpectedly; run it again.",
        "建立索引时意外停止；请再试一次。",
    ),
    "index_report": (
        "Added {added}, changed {changed}, renamed {renamed}, removed {removed}, unchanged"
        " {unchanged}; {passages} passages, in {seconds} s.",
        "新增 {added}，修改 {changed}，改名 {renamed}，移除 {removed}，未变 {unchanged}；"
        "共 {passages} 个段落，用时 {seconds} 秒。",
    ),
    "indexed_at": ("Last indexed", "上次建立索引"),
    "never": ("never", "从未"),
    "encoder": ("Encoder", "编码模型"),
    "reader": ("Reader", "阅读模型"),
    "size": ("Size of the index", "索引大小"),
    "skipped": ("Files that were skipped: {count}", "跳过的文件：{count} 个"),
    "warnings": ("Not understood in the notes: {count}", "笔记中无法理解的内容：{count} 处"),
    # Inbox
    "page_inbox": ("Inbox", "待解答"),
    "in_inbox": ("Kept in the inbox, where it can be answered", "已放入待解答，可在那里补充答案"),
    "back_to_inbox": ("Inbox", "待解答"),
    "inbox_intro": (
        "Questions that the notes did not answer, or answered wrongly. Write the answer once, and"
        " the next one who asks gets it.",
        "笔记没有回答或答错的问题。写下一次答案，之后再问就能得到。",
    ),
    "inbox_empty": (
        "Nothing waits here. Questions without an answer come here by themselves.",
        "这里没有待解答的问题。没有答案的问题会自动出现在这里。",
    ),
    "inbox_gone": ("This question no longer waits for an answer.", "这个问题已不再等待解答。"),
    "inbox_count": ("Asked without a good answer: {count}", "没有得到好答案：{count} 次"),
    "inbox_unanswered": ("No answer", "没有答案"),
    "inbox_wrong": ("Answered wrongly", "回答有误"),
    "inbox_others": ("Also asked as: {others}", "也这样问过：{others}"),
    "inbox_given": ("Found wrong: {answer}", "被认为有误的答案：{answer}"),
    "inbox_reader_says": ("A reader says the right answer is:", "有读者认为正确答案是："),
    "inbox_words": ("Words that might answer it", "可能相关的原文"),
    "inbox_nearest": ("Nearest passages", "最接近的段落"),
    "inbox_answered_now": ("The notes answer this now.", "笔记现在能回答这个问题了。"),
    "inbox_close": ("Close the question", "结束这个问题"),
    "inbox_dismiss": ("Dismiss", "忽略"),
    "entry_title": ("Write the answer", "写下答案"),
    "entry_question": ("Question", "问题"),
    "entry_answer": ("Answer, in Markdown", "答案（Markdown）"),
    "entry_answer_help": (
        "The first paragraph is what is answered. Words taken from a note keep a link to it.",
        "第一段就是给出的答案。取自笔记的原话会保留指向该笔记的链接。",
    ),
    "entry_note": ("Into the note", "写入笔记"),
    "entry_note_help": (
        "Its path in the folder of the notes; it is made if there is none.",
        "笔记文件夹中的路径；没有则新建。",
    ),
    "entry_save": ("Save the answer", "保存答案"),
    "entry_saved": (
        "Saved. The question is answered so as soon as it is indexed:",
        "已保存。建立索引后，这个问题就会这样回答：",
    ),
    "entry_take": ("Take these words", "采用这段文字"),
}


def translate(key: str, language: Language, **values: object) -> str:
    """Return a text of the pages.

    :param values: what stands in its braces.
    """
    return TABLE[key][LANGUAGES.index(language)].format(**values)
