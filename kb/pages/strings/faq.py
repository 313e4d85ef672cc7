"""The notes' own questions and answers."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "page_faq": ("FAQ", "问答"),
    "faq_intro": (
        "Questions that the notes ask and answer themselves. Whoever asks one of them, in other"
        " words too, gets this answer first.",
        "笔记自带的问题和答案。以后再问同样的问题，哪怕换个说法，也会先得到这里的答案。",
    ),
    "faq_find": ("Words of the question, the answer or the note", "问题、答案或笔记名中的词语"),
    "faq_all": ("All · {count}", "全部 · {count}"),
    "faq_to_review": ("Review · {count}", "待复核 · {count}"),
    "faq_duplicates": ("Asked twice · {count}", "重复 · {count}"),
    "faq_none": (
        "No questions here. A heading that asks, Q: and A:, a numbered list of questions, `faq:` in"
        " the front matter, or an answer kept from the Ask page come here by themselves.",
        "这里还没有问题。以问句作标题、写“问：答：”、把问题编号列出、在文首写 `faq:`，"
        "或在提问页收藏答案，都会自动出现在这里。",
    ),
    "faq_none_found": ("Nothing here.", "这里没有内容。"),
    "faq_curated": ("Curated from", "整理自"),
    "faq_review": (
        "Review this: its source says something else now.",
        "请复核：出处的内容已经改变。",
    ),
    "faq_review_gone": ("Review this: its source is gone.", "请复核：出处已不存在。"),
    "faq_now": ("There now:", "现在的原文："),
    "faq_keep": ("Keep the answer", "保留这个答案"),
    "faq_take": ("Take the new words", "采用新的原文"),
    "faq_edit": ("Edit", "编辑"),
    "faq_remove": ("Remove the entry", "删除这一条"),
    "faq_in_note": (
        "This one is edited in the note itself, where it stands among other text.",
        "这一条与其他文字写在一起，请直接在笔记里编辑。",
    ),
    "faq_same": (
        "These ask the same. Keep one; the others are taken out of their notes.",
        "这些问题意思相同。保留其中一条，其余的会从各自的笔记中删去。",
    ),
    "faq_keep_this": ("Keep this one", "保留这一条"),
    "faq_changed": ("Saved. It counts as soon as it is indexed.", "已保存，建立索引后生效。"),
    "promote": ("Keep in the FAQ", "收入问答"),
    "promoted": ("Kept in {note}", "已收入 {note}"),
}
