"""Pictures of the notes and of what is asked of them."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "page_insight": ("Insight", "洞察"),
    "insight_map": ("Map", "地图"),
    "insight_graph": ("Notes", "笔记关系"),
    "insight_asked": ("Questions", "提问"),
    "insight_health": ("Health", "健康"),
    "insight_drawing": ("Drawing the picture…", "正在绘制……"),
    "insight_renewing": (
        "The notes changed; the picture is drawn anew.",
        "笔记有变动，正在重新绘制。",
    ),
    "insight_map_about": (
        "Every dot is a passage; what is about the same lies together, whatever its language."
        " Click one to see it.",
        "每个点是一个段落，内容相近的靠在一起，不分语言。点一下即可查看。",
    ),
    "insight_map_alt": ("Map of the passages", "段落地图"),
    "insight_colour": ("Colour", "颜色"),
    "insight_by_folder": ("Folder", "文件夹"),
    "insight_by_tag": ("Tag", "标签"),
    "insight_other": ("others", "其他"),
    "insight_none": ("none", "无"),
    "insight_last": ("Ringed: what the last question found", "圈出的是最近一次提问找到的段落"),
    "insight_chosen": ("The passage you clicked", "你点选的段落"),
    "insight_graph_about": (
        "Every dot is a note. A line is a link between two notes, a thin one joins notes that say"
        " similar things. Click a note to open it.",
        "每个点是一篇笔记。粗线是笔记之间的链接，细线连接内容相近的笔记。点一下即可打开。",
    ),
    "insight_graph_alt": ("Graph of the notes", "笔记关系图"),
    "insight_left_out": ("Notes not shown: {count}", "未显示的笔记：{count} 篇"),
    "insight_no_passages": ("There are too few passages for a picture.", "段落太少，画不出图。"),
    "insight_none_asked": ("Nothing has been asked yet.", "还没有人提问。"),
    "insight_asked_count": ("Questions", "提问次数"),
    "insight_answered_share": ("Answered", "已回答"),
    "insight_waiting_count": ("Waiting", "待解答"),
    "insight_over_time": ("Over time", "随时间变化"),
    "insight_day": ("Day", "日期"),
    "insight_answered": ("answered", "已回答"),
    "insight_unanswered": ("not answered", "未回答"),
    "insight_most_asked": ("Asked about most", "问得最多的笔记"),
    "insight_lacking": ("Asked, but not in the notes", "问过，但笔记里没有"),
    "insight_nothing_lacking": (
        "Nothing: every question was answered.",
        "没有：所有问题都有答案。",
    ),
    "insight_passages_a_note": ("Passages a note", "平均每篇段落"),
    "insight_to_review": ("Answers to review", "待复核的答案"),
    "insight_unread": ("Left out", "未读入"),
}
