"""Questions whose answers are code: names, calls and defaults out of documented interfaces.

The passages are made of Python's own standard library (docstrings: PSF licence), laid out as notes
lay code out: entries, lists and tables of several functions, of which the question asks for one.
"""

import importlib
import inspect
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qa.squad import Example

MODULES = """
argparse ast base64 bisect calendar codecs collections configparser contextlib copy csv
datetime decimal difflib email.message enum fileinput fnmatch fractions ftplib functools gc
getpass gettext glob graphlib gzip hashlib heapq hmac html http.client http.cookies imaplib
inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox math
mimetypes multiprocessing.pool netrc operator os os.path pathlib pickle pkgutil platform
plistlib poplib pprint queue random re sched secrets selectors shelve shlex shutil signal
site smtplib socket socketserver sqlite3 ssl stat statistics string struct subprocess
symtable sysconfig tarfile tempfile textwrap threading time timeit tokenize traceback types
typing unicodedata unittest unittest.mock urllib.parse urllib.request uuid venv warnings wave
weakref webbrowser xml.dom.minidom xml.etree.ElementTree xmlrpc.client zipfile zlib zoneinfo
asyncio
""".split()
_SENTENCE = re.compile(r"[A-Z][a-z]+ [^\n]{12,110}?\.(?=\s|$)")
Asked = tuple[str, str, str]
"""A question, words that stand once in its entry, and the answer they end with."""
_STOPPED = frozenset(
    "a an the of to in and or is are be that which with for from by on as it".split()
)


@dataclass(frozen=True)
class Entry:
    """One documented function: its call as a reader would type it, and what it does."""

    module: str
    name: str
    call: str
    does: str
    defaults: tuple[tuple[str, str], ...]


def entries(module: str) -> Iterator[Entry]:
    """Yield a module's documented functions and methods."""
    found = importlib.import_module(module)
    for name, member in sorted(vars(found).items()):
        if name.startswith("_") or getattr(member, "__module__", module) != module:
            continue
        yield from _entry(module, name, member)
        if inspect.isclass(member):
            for method, each in sorted(vars(member).items()):
                if not method.startswith("_"):
                    yield from _entry(module, f"{name}.{method}", each)


def _entry(module: str, name: str, member: object) -> Iterator[Entry]:
    sentence = _SENTENCE.match(" ".join((inspect.getdoc(member) or "").split()))
    if sentence is None or not callable(member):
        return
    try:
        parameters = list(inspect.signature(member).parameters.values())
    except (TypeError, ValueError):
        return
    shown = [str(each).partition(":")[0].partition("=")[0] for each in parameters]
    defaults = tuple(
        (each.name, repr(each.default))
        for each in parameters
        if each.default is not inspect.Parameter.empty and len(repr(each.default)) < 20
    )
    call = f"{name}({', '.join(each for each in shown if each != 'self')})"
    yield Entry(module, name, call, sentence[0].rstrip("."), defaults)


def examples(count: int, seed: int) -> list[Example]:
    """Return ``count`` questions on made passages, one in six without its answer."""
    generator = random.Random(seed)
    modules = {module: list(entries(module)) for module in MODULES}
    usable = [module for module, rows in modules.items() if len(rows) > 3]
    found: list[Example] = []
    while len(found) < count:
        module = generator.choice(usable)
        rows = generator.sample(modules[module], min(len(modules[module]), generator.randint(2, 6)))
        asked = generator.choice(rows)
        question, place, answer = generator.choice(_QUESTIONS)(asked, generator)
        if generator.random() < 1 / 6:
            rows = [row for row in rows if row is not asked]
        context, places = _LAYOUTS[generator.randrange(len(_LAYOUTS))](rows)
        begin, end = places.get(asked, (0, 0))
        at = context.find(place, begin, end)
        answers = ((answer, at + len(place) - len(answer)),) if at >= 0 else ()
        if answers or asked not in places:
            found.append(Example(f"code-{len(found)}", question, context, module, answers))
    return found


def _paraphrase(does: str, generator: random.Random) -> str:
    words = does.split()
    words[0] = words[0].lower()
    kept = [w for at, w in enumerate(words) if at == 0 or generator.random() > 0.2]
    return " ".join(kept[: generator.randint(5, 14)])


def _ask_how(entry: Entry, generator: random.Random) -> Asked:
    lead = generator.choice(["How do I", "How can I", "how to", "What do I call to", "command to"])
    answer = generator.choice([entry.name, entry.call])
    return f"{lead} {_paraphrase(entry.does, generator)}?", answer, answer


def _ask_keywords(entry: Entry, generator: random.Random) -> Asked:
    words = [w for w in _paraphrase(entry.does, generator).split() if w.lower() not in _STOPPED]
    question = " ".join([*words[:6], generator.choice(["function", "method", ""])]).strip()
    return question, entry.call, entry.call


def _ask_what(entry: Entry, generator: random.Random) -> Asked:
    lead = generator.choice(
        ["What does {} do?", "what is {} for", "{} 有什么用？", "{} 是做什么的？"]
    )
    return lead.format(entry.name.rpartition(".")[2]), entry.does, entry.does


def _ask_default(entry: Entry, generator: random.Random) -> Asked:
    if not entry.defaults:
        return _ask_how(entry, generator)
    name, value = generator.choice(entry.defaults)
    leads = ["What is the default of {p} in {f}?", "{f} {p} default", "{f} 的 {p} 默认值是多少？"]
    return generator.choice(leads).format(p=name, f=entry.name), f"{name}={value}", value


_QUESTIONS: tuple[Callable[[Entry, random.Random], Asked], ...] = (
    _ask_how,
    _ask_how,
    _ask_keywords,
    _ask_what,
    _ask_default,
)
Places = dict[Entry, tuple[int, int]]


def _joined(rows: Sequence[Entry], lay: Callable[[Entry], str], between: str) -> tuple[str, Places]:
    text, places = "", {}
    for row in rows:
        part = lay(row)
        places[row] = len(text), len(text) + len(part)
        text += part + between
    return text.rstrip(), places


def _defaults(entry: Entry) -> str:
    return ", ".join(f"{name}={value}" for name, value in entry.defaults)


def _as_code(rows: Sequence[Entry]) -> tuple[str, Places]:
    lay: Callable[[Entry], str] = lambda e: f"{e.does}:\n\n{e.call}\n{_defaults(e)}"  # noqa: E731
    return _joined(rows, lay, "\n\n")


def _as_list(rows: Sequence[Entry]) -> tuple[str, Places]:
    return _joined(rows, lambda e: f"{e.call}: {e.does}. {_defaults(e)}".rstrip(), "\n")


def _as_table(rows: Sequence[Entry]) -> tuple[str, Places]:
    text, places = _joined(rows, lambda e: f"{e.call} | {_defaults(e)} | {e.does}", "\n")
    head = "Name | Default | Meaning\n"
    return head + text, {row: (a + len(head), b + len(head)) for row, (a, b) in places.items()}


_LAYOUTS = (_as_code, _as_list, _as_table)
