"""What stands before an error's own words; in English those are enough, in Chinese they follow."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # By what was said
    "error_taken": ("{detail}", "这个名称已被占用，请换一个（{detail}）"),
    "error_meanwhile": ("{detail}", "笔记在此期间已被修改，请再看一遍后重试（{detail}）"),
    "error_name": ("{detail}", "这个笔记名不能用，请换一个（{detail}）"),
    "error_too_large": ("{detail}", "文件太大（{detail}）"),
    "error_not_text": ("{detail}", "这个文件不是 UTF-8 文本（{detail}）"),
    "error_unwritable": ("{detail}", "无法写入（{detail}）"),
    "error_unreadable": ("{detail}", "无法读取（{detail}）"),
    "error_no_note": ("{detail}", "没有这篇笔记（{detail}）"),
    "error_no_chat": ("{detail}", "没有这个对话（{detail}）"),
    "error_empty": ("{detail}", "问题是空的，请先写下问题（{detail}）"),
    "error_too_long": ("{detail}", "问题太长，请缩短（{detail}）"),
    "error_newer": ("{detail}", "文件由更新的版本写成，请升级 kb（{detail}）"),
    "error_damaged": ("{detail}", "文件已损坏（{detail}）"),
    # By kind, for everything else
    "error_VaultError": ("{detail}", "笔记文件夹或其中的文件无法使用（{detail}）"),
    "error_NoteChanged": ("{detail}", "笔记在此期间已被修改，请再看一遍后重试（{detail}）"),
    "error_NotesVanished": (
        "{detail}",
        "大部分笔记一下子不见了，所以没有重建索引（{detail}）",
    ),
    "error_NoteError": ("{detail}", "无法读取这篇笔记（{detail}）"),
    "error_QuestionError": ("{detail}", "这个问题无法回答（{detail}）"),
    "error_ConfigError": ("{detail}", "有一项设置不正确（{detail}）"),
    "error_CatalogError": ("{detail}", "索引无法使用（{detail}）"),
    "error_CatalogMissing": ("{detail}", "还没有索引，请先建立索引（{detail}）"),
    "error_CatalogDamaged": ("{detail}", "索引已损坏，可以从笔记重新建立（{detail}）"),
    "error_EncoderChanged": ("{detail}", "索引是用另一个编码器建立的，请重建（{detail}）"),
    "error_LockedError": ("{detail}", "另一个程序正在使用这个文件夹，请稍后再试（{detail}）"),
    "error_StoreError": ("{detail}", "存放段落的 Milvus 无法使用（{detail}）"),
    "error_WorkersError": ("{detail}", "建立索引的 Ray 集群无法使用（{detail}）"),
    "error_AccessError": ("{detail}", "登录或密码设置无法使用（{detail}）"),
    "error_ExtraMissing": ("{detail}", "缺少需要的软件包（{detail}）"),
    "error_NotAllowed": (
        "{detail}",
        "你可以阅读这些笔记，但不能修改；请让分享者把你设为编辑者（{detail}）",
    ),
    "error_HistoryError": ("{detail}", "无法读取或保存对话记录（{detail}）"),
    "error_Exception": ("{detail}", "出错了（{detail}）"),
    "error_QaError": ("{detail}", "回答模型无法使用（{detail}）"),
    "error_RetrievalError": ("{detail}", "检索无法进行（{detail}）"),
}
