"""Notes as an enemy would write them: each has broken a Markdown program somewhere."""

from collections.abc import Iterator

SIZE = 5_000

_BODIES: dict[str, str] = {
    "brackets": "[" * SIZE,
    "images": "![" * SIZE,
    "wiki": "[[" * SIZE + "]]" * SIZE,
    "links": "[a](" * SIZE,
    "reference": "[a]: " * SIZE + "\n\n" + "[a] " * 500,
    "quotes": ">" * SIZE + " deep",
    "lists": "".join(f"{' ' * n}- x\n" for n in range(400)),
    "emphasis": "*a _b " * (SIZE // 4),
    "stars": "*" * SIZE,
    "ticks": "`" * SIZE + "a" + "``" * SIZE,
    "fence": "```\n" * 2001,
    "html": "<a " * SIZE,
    "comments": "<!--" * SIZE,
    "tags": "<b>" * SIZE,
    "entities": "&#x10FFFF;&#0;&amp" * 3000,
    "backslashes": "\\" * SIZE,
    "math": "$a$$b$" * 5000,
    "table wide": "|" * SIZE + "\n" + "|-" * SIZE + "\n" + "|x" * SIZE,
    "table long": "|a|b|\n|-|-|\n" + "|c|d|\n" * 800,
    "callouts": "> [!note] x\n" * 3000,
    "boxes": "".join(f"{' ' * 4 * (n % 20)}!!! note\n" for n in range(300)),
    "slashes": "/// a | b\n" * 3000,
    "footnotes": "[^a]: x [^b]\n\n" * 500,
    "headings": "".join(f"{'#' * (n % 7)} h{n}?\n" for n in range(2000)),
    "underline": "a\n===\n" * 800,
    "one word": "x" * 50_000,
    "one line": "word " * 20_000,
    "no space": "中" * 50_000,
    "carriage": "# a\rb\r\rc\r\n\nd\x0b\x0ce\x85f\u2028g",
    "marks": "\ufeff\u200b\u202e\u2066\u2063\u2064" * 2000,
    "combining": "a" + "\u0301" * SIZE,
    "emoji": "👩‍👩‍👧‍👦" * 3000,
    "controls": "".join(map(chr, range(1, 32))) * 300,
    "questions": "Q: a?\nA: b\n" * 3000 + "Q: " * SIZE,
    "numbers": "1," * SIZE + "9" * 5000 + ".5 万亿",
    "dates": "2017-06-12 " * 5000,
    "script": "<script>alert(1)</script>\n[x](javascript:alert(1)) <img onerror=x>",
    "paths": "[x](../../../../etc/passwd) [y](%00) [z](%ff%fe) ![](\\\\host\\x) [w](" + "a/" * 3000,
}
_FRONTS: dict[str, str] = {
    "aliases": "a: &a [x]\n" + "".join(f"b{n}: [*a, *a]\n" for n in range(50)),
    "deep": "a: " + "[" * 1500 + "]" * 1500,
    "deep map": "".join(f"{' ' * n}a:\n" for n in range(300)),
    "tag": "a: !!python/object/apply:os.system [id]",
    "binary": "a: !!binary x\nb: !!set {c}\nd: !!omap [e: f]",
    "merge": "a: {x: 1}\n<<: {title: t}\n? [b, c]\n: d",
    "strange": "title: [1]\ntags: {a: b}\naliases: 7\nfaq: [[q, a], {q: [x]}, 3, {q: y, a: z}]",
    "golden": "golden: [true]\ngate: true",
    "long": "title: " + "x" * 70_000,
    "keys": "".join(f"k{n}: v\n" for n in range(5000)),
    "surrogate": 'title: "\\ud800 \\U0001F600 \\0"',
    "open": "title: 'never closed",
}


def hostile_notes() -> Iterator[tuple[str, str]]:
    """Yield a name and a note."""
    yield from _BODIES.items()
    for name, front in _FRONTS.items():
        yield f"front: {name}", f"---\n{front}\n---\n# Body\n\nWords?\n"


HOSTILE = dict(hostile_notes())
