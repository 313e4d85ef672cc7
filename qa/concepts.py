"""What questions are about, in English and Chinese: words of one meaning, a line each.

A short list of common verbs and nouns of questions, not a dictionary: what stands in none of the
lines is compared as it is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from retrieval.analyzer import analyze, analyze_question

# name: English pattern, Chinese pattern
_LINES: Final[dict[str, tuple[str, str]]] = {
    "add": (r"add(?:s|ed|ing)?|insert\w*", r"添加|新增|插入"),
    "advantage": (r"advantages?|benefits?|strengths?", r"优点|优势|好处"),
    "answer": (r"answer(?:s|ed|ing)?", r"答案|回答"),
    "build": (r"build(?:s|ing)?|built", r"搭建|构建"),
    "choose": (
        r"choos(?:e|es|ing)|chose|chosen|pick(?:s|ed|ing)?|select(?:s|ed|ing)?",
        r"选择|选取|挑选|选",
    ),
    "compute": (r"comput(?:e|es|ed|ing)|calculat(?:e|es|ed|ing)", r"计算|算出"),
    "delete": (r"delet(?:e|es|ed|ing)|remov(?:e|es|ed|ing)", r"删除|删掉|移除"),
    "difference": (r"differ(?:s|ed|ences?|ent)?|distinguish\w*|versus|vs", r"区别|不同|差别|差异"),
    "disadvantage": (r"disadvantages?|drawbacks?|weakness(?:es)?", r"缺点|劣势|坏处|不足"),
    "evaluate": (r"evaluat(?:e|es|ed|ing|ion)|assess(?:es|ed|ing)?", r"评测|评估|评价"),
    "explode": (r"explod(?:e|es|ed|ing)", r"爆炸"),
    "export": (r"export(?:s|ed|ing)?", r"导出"),
    "find": (r"find(?:s|ing)?|found|search(?:es|ed|ing)?", r"查找|搜索|寻找|检索到"),
    "forget": (r"forget(?:s|ting)?|forgotten", r"忘记|遗忘|忘掉"),
    "install": (r"install(?:s|ed|ing|ation)?", r"安装"),
    "introduce": (
        r"introduc(?:e|es|ed|ing)|propos(?:e|es|ed|ing)|invent(?:s|ed|ing)?|c[ao]me up with",
        r"提出|发明",
    ),
    "join": (r"join(?:s|ed|ing)?|merg(?:e|es|ed|ing)", r"合并|拼成|拼接"),
    "layer": (r"layers?", r"(?<=多少)层|层数"),
    "learn": (r"learn(?:s|ed|ing|t)?", r"学习|学到"),
    "limit": (r"limit(?:s|ed)?", r"限制|有限"),
    "mean": (r"means?|meant|meaning", r"意思|含义|指的是|是指|指"),
    "memory": (r"memor(?:y|ies)", r"记忆"),
    "mistake": (r"mistakes?|errors?", r"错误"),
    "model": (r"models?", r"模型"),
    "network": (r"networks?|internet connection|internet", r"网络"),
    "note": (r"notes?", r"笔记"),
    "number": (r"numbers? of", r"数量|个数"),
    "paper": (r"papers?", r"论文"),
    "parameter": (r"parameters?", r"参数"),
    "prevent": (r"prevent(?:s|ed|ing)?|avoid(?:s|ed|ing)?|stop(?:s|ped|ping)?", r"防止|避免"),
    "question": (r"questions?", r"问题"),
    "quote": (r"quot(?:e|es|ed|ing|able)|cit(?:e|es|ed|ing)", r"引用"),
    "rename": (r"renam(?:e|es|ed|ing)", r"重命名|改名"),
    "restore": (r"restor(?:e|es|ed|ing)|recover(?:s|ed|ing)?", r"恢复|还原"),
    "role": (
        r"(?:role|job|purpose|use)s?(?= of\b|\b.*\bplay)|(?:for|used for)(?=\W*$)",
        r"作用|用途|有什么用|用来做什么|做什么",
    ),
    "see": (r"see(?:s|n|ing)?", r"看到|看见"),
    "speed": (r"speed|slow(?:s|ed|er)?(?: down)?|fast(?:er)?", r"速度|快慢|多快"),
    "split": (r"(?:split|cut|break|broken)(?:s|ting|ing)?(?: up)?", r"切分成|拆分|切成|拆成|切分"),
    "store": (
        r"stor(?:e|es|ed|ing)|keeps?|kept|sav(?:e|es|ed|ing)",
        r"存放在|保存在|存在|放在|存放|保存|存储",
    ),
    "system": (r"systems?", r"系统"),
    "train": (r"(?<!pre-)(?<!pre)train(?:s|ed|ing)?", r"(?<!预)训练"),
    "translate": (r"translat(?:e|es|ed|ing|ion)", r"翻译"),
    "vanish": (r"vanish(?:es|ed|ing)?|disappear(?:s|ed|ing)?", r"消失"),
    "write": (r"writ(?:e|es|ing|ten)", r"写"),
    "classical": (r"classical|traditional", r"传统"),
    "divide": (r"divid(?:e|es|ed|ing)(?: by)?", r"除以"),
    "extractive": (r"extractive", r"抽取式|抽取"),
    "fine-tune": (r"fine-?tun(?:e|es|ed|ing)", r"微调"),
    "hallucinate": (r"hallucinat\w+", r"产生幻觉|出现幻觉|幻觉"),
    "question-answering": (r"question[- ]answering|qa(?= system)", r"问答"),
    "retrieval": (r"retrieval", r"检索"),
    "root": (r"square root(?: of)?", r"平方根"),
    "catastrophic": (r"catastrophic", r"灾难性"),
    "use": (r"us(?:e|es|ed|ing)", r"使用|采用"),
    "accuracy": (r"accuracy", r"准确率"),
    "attention": (r"attention", r"注意力"),
    "chat": (r"chats?|conversations?", r"对话|聊天"),
    "convolution": (r"convolution\w*", r"卷积"),
    "data": (r"data", r"数据"),
    "external": (r"external", r"外部"),
    "gradient": (r"gradients?", r"梯度"),
    "human": (r"humans?|people", r"人类|人的|人脑"),
    "language": (r"languages?", r"语言"),
    "large": (r"large|big|size", r"(?<!最)大(?!家)|大小"),
    "long": (r"long(?:-term)?", r"长期"),
    "machine": (r"machines?", r"机器"),
    "overfitting": (r"over-?fit\w*", r"过拟合"),
    "phone": (r"(?:tele|smart)?phones?", r"手机|电话"),
    "place": (r"where", r"哪里|哪儿|何处|什么地方"),
    "precision": (r"precision", r"精确率|查准率"),
    "rate": (r"learning rates?", r"学习率"),
    "recall": (r"recall", r"召回率|查全率"),
    "recurrent": (r"recurren\w+", r"循环"),
    "self": (r"self", r"自(?=注意)"),
    "sentence": (r"sentences?", r"句子"),
    "short": (r"short(?:-term)?", r"短期"),
    "subword": (r"sub-?words?", r"子词"),
    "token": (r"tokens?", r"词元"),
    "tokenizer": (r"tokeni[sz]ers?", r"分词器"),
    "window": (r"windows?", r"窗口"),
    "word": (r"words?", r"单词|词语|词(?![元表])"),
    "working": (r"working", r"工作"),
}  # fmt: skip
_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_NAMES: Final = tuple(
    # The longest Chinese word first: 分词器 is no 词.
    sorted(_LINES, key=lambda name: -max(map(len, _HAN_RUN.findall(_LINES[name][1]))))
)
_CONCEPTS: Final = tuple(
    re.compile(rf"\b(?:{_LINES[name][0]})\b|(?:{_LINES[name][1]})", re.IGNORECASE)
    for name in _NAMES
)
_PLACE = re.compile(r"〈(\d+)〉")
# What a question in Chinese holds beside what it is about.
_FUNCTION = re.compile(
    r"什么时候|什么情况|为什么|是什么|什么|怎么样|怎样|怎么|如何|为何|为啥|原因|多少|几|哪里|哪儿|哪|谁|何"
    r"|最早|最先|可以|能够|能|应该|应当|应|该|需要|要|会|是否|是|的|地|得|了|着|过|吗|呢|吧|么|在|里|中|时|有"
    r"|一个|一篇|这个|这|那|个|我们|我|你|它|把|将|被|由|从|对|给|让|和|与|跟|及|或|就|才|都|也|还|很|最|又"
    r"|到底|究竟|所谓|叫做|叫|用|为|之处|之|所|吧|请问|请"
)
_ENGLISH_FUNCTION = frozenset(
    ["way", "reason", "one", "best", "actual", "exact", "possibl", "between", "mani", "much"]
)


@dataclass(frozen=True, slots=True)
class Sense:
    """What a question is about.

    :param about: the names of its concepts.
    :param text: the question with the name in the place of each word of a concept.
    :param rest: the terms that are in no concept and have a topic.
    :param named: the terms of what it calls by name.
    """

    about: frozenset[str]
    text: str
    rest: frozenset[str]
    named: frozenset[str]

    def compared(self, other: Sense) -> bool | None:
        """Say whether two questions are about the same; None where that is not understood.

        It is understood where each is made of concepts and of names that the other has too.
        """
        if not self.about or self.rest - other.named or other.rest - self.named:
            return None
        return self.about == other.about


def sense(question: str, names: frozenset[str]) -> Sense:
    """Read what a question is about.

    :param names: what it calls by name, in lower case.
    """
    text = question
    for number, said in enumerate(_CONCEPTS):
        text = said.sub(f" 〈{number}〉 ", text)
    about = frozenset(_NAMES[int(number)] for number in _PLACE.findall(text))
    left = _PLACE.sub(" ", text)
    if _HAN_RUN.search(question):
        left = _FUNCTION.sub(" ", left)
    named = frozenset(analyze(" ".join(names)))
    # With a word that has a topic the analyzer leaves out all that have none.
    rest = frozenset(analyze_question(f"{left} zq")) - {"zq"} - named - _ENGLISH_FUNCTION
    shown = _PLACE.sub(lambda place: _NAMES[int(place[1])], text)
    return Sense(about, shown, rest, named)
