"""Asking, and the chats."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
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
    # A cited place
    "cited_in_source": (
        "The cited words cannot be marked in this view; they are marked in the source.",
        "此视图无法标出引用的原文；请在原文视图中查看。",
    ),
    "passage_previous": ("Previous passage", "上一段"),
    "passage_next": ("Next passage", "下一段"),
    "passage_number": ("Passage {number} of {total}", "第 {number} 段，共 {total} 段"),
    "link_leads_nowhere": ("No note has that name.", "没有这个名称的笔记。"),
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
}
