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
    "asked_as_edit": ("Edit", "修改"),
    "asked_as_words": ("Ask it in these words", "改用这个问法"),
    "ask_again": ("Ask again", "重新提问"),
    "stopped": ("Stopped; nothing was kept of it.", "已停止，没有保存任何内容。"),
    "examples": ("Questions your notes answer", "笔记能回答的问题"),
    "keys": (
        "Keys: / to ask, Enter to send, n and p for the next and previous citation.",
        "快捷键：/ 提问，Enter 发送，n 和 p 跳到下一处、上一处引用。",
    ),
    "copy": ("Copy", "复制"),
    "copied": ("Copied", "已复制"),
    "right_answer": ("The right answer is…", "正确答案是……"),
    "right_answer_help": (
        "The question waits in the inbox; the right answer, if you know it, goes with it.",
        "问题已放入待解答；如果知道正确答案，请写下来。",
    ),
    "right_answer_kept": ("Kept with the question in the inbox.", "已随问题保存在待解答中。"),
    # Why
    "why": ("Why this answer?", "为什么这样回答？"),
    "why_asked": ("Looked for: {question}", "检索的问题：{question}"),
    "why_entry": (
        "The notes ask this question themselves, as “{question}”; their own answer is given.",
        "笔记里本来就有这个问题（“{question}”），给出的是笔记自己的答案。",
    ),
    "why_entry_first": (
        "The notes' own answer to this question came first; this passage was not needed.",
        "笔记自己的答案优先，因此没有用到这一段。",
    ),
    "why_answers": (
        "The first passage below holds the likeliest words: confidence {confidence}, at least"
        " {threshold} is needed. The reader gives {no_answer} to “this passage does not answer”.",
        "下面第一段里有最可能的答案：把握 {confidence}，至少需要 {threshold}。"
        "阅读模型认为“这一段没有答案”的概率为 {no_answer}。",
    ),
    "why_none": (
        "The likeliest words reach a confidence of {confidence}; {threshold} is needed, so nothing"
        " is shown as the answer.",
        "最可能的原文只有 {confidence} 的把握，低于所需的 {threshold}，因此不作为答案给出。",
    ),
    "why_changed": (
        "The notes have changed since: asked now, it would be answered otherwise.",
        "此后笔记有变动：现在提问，结果会不同。",
    ),
    "why_place": ("Passage", "段落"),
    "why_dense": ("Meaning", "语义"),
    "why_dense_help": (
        "Cosine between the question's vector and the passage's: how near they are in meaning.",
        "问题向量与段落向量的余弦，表示语义有多接近。",
    ),
    "why_lexical": ("Words", "词语"),
    "why_lexical_help": (
        "BM25: how many of the question's words the passage holds, rare ones counting more.",
        "BM25：段落包含多少问题中的词，越少见的词权重越大。",
    ),
    "why_search": ("Search", "检索"),
    "why_search_help": (
        "Meaning and words together: the order in which passages are read.",
        "语义与词语合并后的得分，决定阅读的顺序。",
    ),
    "why_reader": ("Reader", "阅读"),
    "why_reader_help": (
        "Log-odds of the best words in the passage against “no answer”: above 0 the reader prefers"
        " the words. Empty: not read.",
        "段落中最佳原文相对“没有答案”的对数几率：大于 0 表示模型更倾向于该原文。空白表示未阅读。",
    ),
    "why_no_answer": ("No answer", "无答案"),
    "why_no_answer_help": (
        "The reader's probability that the passage does not answer.",
        "阅读模型认为该段落没有答案的概率。",
    ),
    "why_confidence": ("Confidence", "把握"),
    "why_confidence_help": (
        "How often such words are right, from all the figures before. Empty: not among the best.",
        "综合前面各项得出的正确率。空白表示不在最佳之列。",
    ),
    "why_pick": ("Why not this one?", "为什么不是这一段？"),
    "why_reason_answers": (
        "It is the answer: confidence {confidence}.",
        "这就是答案：把握 {confidence}。",
    ),
    "why_reason_behind": (
        "The reader found words in it too, but another passage's were surer.",
        "模型在这一段里也找到了原文，但另一段更有把握。",
    ),
    "why_reason_unsure": (
        "The reader preferred these words to “no answer” ({no_answer}), but all in all their"
        " confidence, {confidence}, stays below the {threshold} that is needed.",
        "相比“没有答案”（{no_answer}），模型更倾向于这些词，但总体把握只有 {confidence}，"
        "低于所需的 {threshold}。",
    ),
    "why_reason_no_answer": (
        "Having read it, the reader gives {no_answer} to “this passage does not answer”.",
        "读过之后，模型认为“这一段没有答案”的概率为 {no_answer}。",
    ),
    "why_reason_unread": (
        "It came {rank}th in the search; only the first {read} are read.",
        "它在检索中排第 {rank}，只阅读前 {read} 段。",
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
    "across": ("From notes in {language}", "出自{language}笔记"),
    "language_name_en": ("English", "英文"),
    "language_name_zh": ("Chinese", "中文"),
    "disagree": (
        "The notes do not agree; what they say, side by side:",
        "笔记中的说法不一致，并列如下：",
    ),
    "note_gone": (
        "{place} ({note}): this note is no longer there.",
        "{place}（{note}）：这篇笔记已不存在。",
    ),
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
    "chat_search": ("Search the chats", "搜索对话"),
    "chat_not_found": ("No chat has these words.", "没有包含这些词的对话。"),
    "chat_export": ("Export", "导出"),
    "export_markdown": ("Markdown", "Markdown 文件"),
    "export_json": ("JSON", "JSON 文件"),
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
