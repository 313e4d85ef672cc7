"""The inbox."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
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
    "inbox_stub": ("Begin a note", "新建笔记"),
    "inbox_stub_help": (
        "Makes a note with this question as its title, for an answer that takes more than an"
        " entry. The question waits until the notes answer it.",
        "以这个问题为标题新建一篇笔记，适合需要较长篇幅的答案。在笔记能回答之前，问题会一直保留。",
    ),
    "inbox_stub_written": ("Begun. Write the answer there:", "已新建，请在这里写下答案："),
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
