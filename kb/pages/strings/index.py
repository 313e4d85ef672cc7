"""The index."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
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
    "index_missing": (
        "Notes that vanished from the folder at once: {count}. They stay in the index. Is the sync"
        " done, the drive there, and is it the right folder?",
        "有 {count} 篇笔记同时从文件夹中消失，索引里仍然保留。"
        "同步是否完成？磁盘是否已连接？文件夹是否正确？",
    ),
    "index_forget": ("They are gone: forget them", "确实已删除：从索引中移除"),
    "indexed_at": ("Last indexed", "上次建立索引"),
    "never": ("never", "从未"),
    "encoder": ("Encoder", "编码模型"),
    "reader": ("Reader", "阅读模型"),
    "size": ("Size of the index", "索引大小"),
    "skipped": ("Files that were skipped: {count}", "跳过的文件：{count} 个"),
    "warnings": ("Not understood in the notes: {count}", "笔记中无法理解的内容：{count} 处"),
}
