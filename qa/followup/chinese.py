"""Reads Chinese follow-ups and completes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.followup.need import Need

AND = "和"
_ENDS = " ?？!！.。~～"
_OPENING = re.compile(
    r"^(?:那么|那|还有|另外|然后|好的|好|嗯|所以|而且|并且|但是|不过|再问一下|请问)[，,、\s]*"
)
_PRONOUN = re.compile(
    r"它们|它|他们|她们|(?<!其)他(?!人)|她|这[个种项类些]|那[个种项类些](?!时候)|这两[个种者]|[两二]者"
    r"|(?<!应)该(?=方法|模型|算法|技术|机制|概念|函数|结构|网络|系统|工具|库|公式|参数|问题|值)"
    r"|(?<!尤)(?<!极)其(?![他它中实余次间])"
    r"|这(?=[是会能有和与跟对为叫算]|可以|需要|意味)|这(?=$)"
)
_POINTING = re.compile(r"^(?:这|那|该)")
_GENERIC = re.compile(
    r"^(?:方法|模型|算法|技术|机制|概念|东西|做法|办法|函数|结构|网络|系统|工具|库|思路)"
)
_QUESTION = (
    "为什么 为何 为啥 怎么样 怎么 怎样 如何 什么时候 什么 啥 何时 哪一年 哪年 哪个 哪些 哪种 "
    "哪里 哪儿 哪 多少 多大 多长 多久 多快 谁 几"
)
_PROPERTY = (
    "优缺点 优点 缺点 优势 劣势 好处 坏处 不足 局限性 局限 弱点 问题 公式 定义 目的 作用 用途 "
    "用处 用法 例子 举例 年份 年 时间 日期 作者 论文 名字 名称 全称 原因 后果 效果 影响 成本 "
    "代价 复杂度 大小 规模 长度 数量 个数 取值 默认值 默认 值 类型 种类 部分 组成 成分 步骤 阶段 "
    "替代方案 区别 差别 不同 共同点 参数量 参数 选项 要求 条件 补救办法 补救 办法 解决 角色 意思 "
    "含义 版本 范围 上限 下限 最大 最小 速度 结果 来源 输入 输出 层数 层 头数 头 细节 特点 性质 "
    "原理 限制 状态码 命令 方法 属性 字段 模型 算法 技术 函数 机制 概念"
)
_VERB = (
    "计算 工作 使用 用来 用于 用 表示 代表 意味着 做 干 需要 提出 发明 发表 发布 提议 引入 加入 "
    "开发 创建 叫作 叫做 叫 称为 定义 衡量 测量 训练 发生 得到 比较 适用 应用 解决 失败 实现 "
    "安装 配置 启用 关闭 设置 添加 声明 处理 返回 接收 发送 运行 启动 停止 写 读取 读 保存 存储 "
    "决定 选择 构造 建立 加载 更新 删除 替换 合并 转换 产生 生成 预测 支持 允许 防止 避免 造成 "
    "包含 包括 描述 解释 说明 执行 测试 接受 知道 减轻 改进 组成 设计 导入 访问 挂载 限制"
)
_FUNCTION = (
    "具体来说 具体 一般 通常 主要 分别 可以 能够 能 会不会 会 要 应该 应当 必须 有没有 没有 有 "
    "是不是 是由 是 由 被 把 将 让 使 给 从 到 在 对于 对 和 与 跟 或者 或 及 以及 的话 的 地 得 "
    "了 着 过 吗 也 都 还 又 再 就 才 只 不 没 更 最 很 比 于 里面 里 中 上 下 来 去 出 个 种 项 "
    "些 位 次 一 二 两 三 四 五 六 七 八 九 十 更多 其他 别的 之间 如果 时 后 前 请 我 你 我们 "
    "你们 想 这 那 如 以 为 而 所 之 同 各 每 另外 区分 一下 详细 多 时候 进行 人 真的 到底 究竟 "
    "什么样 第"
)
# Words that end a noun phrase; more of _FUNCTION would cut through one ("有监督" keeps its "监").
_BORDERS = (
    "具体 一般 通常 主要 分别 可以 能够 会不会 应该 应当 必须 有没有 没有 是不是 是 由 被 把 让 "
    "在 对于 对 跟 了 吗 里面 里 有 能 会 要 从 给 请"
)


def _either(*lists: str) -> str:
    every = {word for each in lists for word in each.split()}
    return "|".join(sorted(map(re.escape, every), key=len, reverse=True))


_PARTICLE = "吗 呢 吧 么"
_ASKS = re.compile(_either(_QUESTION))
_VERBS = re.compile(_either(_VERB))
_PROPERTIES = re.compile(_either(_PROPERTY))
_EMPTY = re.compile(
    rf"(?:{_either(_QUESTION, _PARTICLE, _PROPERTY, _VERB, _FUNCTION)}"
    r"|[\s，,、：:？?！!。；;（）()“”])+"
)
_PHRASE_END = re.compile(rf"{_either(_QUESTION, _PARTICLE, _VERB, _BORDERS)}|[，,：:？?！!。；;“”]")
_ONLY_PROPERTY = re.compile(rf"(?:{_either(_PROPERTY)}|的|和|与|[\s、])+")
_BARE = re.compile(
    rf"(?:{_either(_QUESTION, _PARTICLE)}|的|是|由|在|又|会|这样|到底|究竟|具体|还|有|做|[\s，,])+"
)
_MORE = re.compile(
    r"(?:还有|然后|其他|别的|更多|再多说一点|继续|还有什么|还有别的|还有其他的?)(?:呢|吗)?"
)
_BOUNDARY = re.compile(r"并|[，,；;：:]|及$|和$|与$|时$|后$")
_TAIL = re.compile("(?:默认值|默认|参数量|层数|头数|优点|缺点|公式|定义|作用|用途|全称|作者)$")
_EDGE = re.compile(rf"的(?:{_either(_PROPERTY)})$|^(?:和|与|都|也|个|种|的|过|要|用)+")
_OF = re.compile(rf"^(.+?)\s*的(?={_either(_PROPERTY)})(.+)$")
_BETWEEN_SCRIPTS = re.compile(
    r"(?<=[A-Za-z0-9])(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])(?=[A-Za-z0-9])"
)
_SHORT_ANSWER = 30


def find_need(question: str) -> Need | None:
    """Return how a question leans on the conversation, None if it stands on its own."""
    bare = question.strip(_ENDS)
    if _MORE.fullmatch(bare):
        return Need("bare", bare)
    opened = _OPENING.match(bare)
    text = (bare[opened.end() :] if opened else bare) or bare
    if (found := _pronoun(text)) is not None:
        return Need("pronoun", text, *found)
    if _BARE.fullmatch(text):
        return Need("bare", text)
    empty = bool(_EMPTY.fullmatch(text))
    if empty and re.search("区别|不同|差别|共同点", text):
        return Need("both", text)
    fragment = text.endswith("呢") and not _ASKS.search(text)
    if fragment or (opened and opened[0].startswith("那") and not empty and _is_phrase(text)):
        return Need("fragment", text.removesuffix("呢"))
    return Need("property", text) if empty and not _defines(text) else None


def complete(need: Need, topic: str, before: str, answer: str) -> str:
    """Return the question in full words; empty if that cannot be done.

    :param topic: what the conversation is about.
    :param before: the question that named it, in full words.
    :param answer: what answered it; may be empty.
    """
    text = need.text
    match need.kind:
        case "pronoun":
            full = _put_for_pronoun(need, topic)
        case "fragment":
            full = _change(text, topic, before)
        case "bare":
            full = _ask_again(text, topic, before, answer)
        case "both":
            full = topic + text
        case "property":
            full = _join(topic, text)
    return f"{' '.join(_BETWEEN_SCRIPTS.sub(' ', full).split())}？"


def find_topic(question: str, cited: Sequence[str] = ()) -> str:
    """Return the noun phrase that a question is about, "" if it names none.

    :param cited: heading and title of what answered it; a phrase found there is preferred.
    """
    phrases: list[str] = []
    for part in _PHRASE_END.split(question):
        phrase = _trim(part)
        if phrase and not _EMPTY.fullmatch(phrase):
            phrases.append(phrase)
    if not phrases:
        return ""
    known = [name.strip() for name in cited if name.strip()]
    named = [phrase for phrase in phrases if any(phrase in k or k in phrase for k in known)]
    return (named or phrases)[0]


def _pronoun(text: str) -> tuple[int, int] | None:
    for found in _PRONOUN.finditer(text):
        before = text[: found.start()]
        if before and not _EMPTY.fullmatch(before) and _BOUNDARY.search(before):
            continue  # the question names it itself
        end = found.end()
        if _POINTING.match(found.group()):
            generic = _GENERIC.match(text[end:])
            end += generic.end() if generic else 0
        return found.start(), end
    return None


def _is_phrase(text: str) -> bool:
    return len(text) <= 16 and not _ASKS.search(text) and not _VERBS.search(text)


def _defines(text: str) -> bool:
    """Say whether it asks what a word means: "参数是什么", "什么是参数"."""
    return bool(re.fullmatch(rf"什么是(?:{_either(_PROPERTY)})", text))


def _put_for_pronoun(need: Need, topic: str) -> str:
    rest = need.text[need.end :]
    word = need.text[need.start : need.end]
    owns = word == "其" or (_POINTING.match(word) and _PROPERTIES.match(rest))
    return need.text[: need.start] + (_join(topic, rest) if owns else topic + rest)


def _change(text: str, topic: str, before: str) -> str:
    """Return the earlier question with the part that a fragment puts another one for."""
    new = re.sub(r"^(?:如果是|如果|换成|换作|改成|对于|对|用)|(?:的话)$", "", text)
    if _ONLY_PROPERTY.fullmatch(new):
        return f"{_join(topic, new)}是什么"
    owned = _OF.match(new)
    if owned and owned[2] not in before:
        return f"{topic}的{new}是什么"
    new = owned[1] if owned else new
    old = topic
    if "的" in topic and _shape(new) != _shape(topic):
        old = topic.rpartition("的")[2].strip()  # "A 的 b": another b of A
    at = before.lower().find(old.lower())
    return before[:at] + new + before[at + len(old) :] if at >= 0 else f"{before} {new}"


def _ask_again(text: str, topic: str, before: str, answer: str) -> str:
    """Return the earlier question, asked with another question word."""
    if _MORE.fullmatch(text):
        return f"{before.rstrip('吗呢')}，还有呢"
    word = re.sub(r"呢$|^又|^到底|^究竟", "", text)
    asked = list(_ASKS.finditer(before))
    if re.match("为什么|为何|为啥", word):
        said = before
        for found in reversed(asked):
            put = answer if len(asked) == 1 and 0 < len(answer) <= _SHORT_ANSWER else ""
            said = said[: found.start()] + put + said[found.end() :]
        return f"为什么{said}"
    if len(asked) == 1 and re.match("谁|什么时候|何时|哪一?年|哪里|哪儿", word):
        found = asked[0]
        return before[: found.start()] + word + before[found.end() :]
    return topic + word


def _join(owner: str, thing: str) -> str:
    """Return "X的公式" or "X有什么缺点"."""
    if _PROPERTIES.match(thing):
        return f"{owner}的{thing}"
    return owner + thing


def _shape(name: str) -> tuple[bool, bool, bool]:
    """Return how the start of a name is written: Chinese, with a capital, as an identifier."""
    first = name.split("的")[0].strip()
    return bool(re.search(r"[\u3400-\u9fff]", first)), first[:1].isupper(), "_" in first


def _trim(part: str) -> str:
    """Return a phrase without the property at its end: "遗忘门的作用" → "遗忘门"."""
    phrase, shorter = "", part
    while phrase != shorter:
        phrase = shorter
        shorter = _EDGE.sub("", _TAIL.sub("", phrase.strip(" 、的"))).strip(" 、的")
    return phrase
