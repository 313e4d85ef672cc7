"""Notes to index, and what the catalogue then holds."""

from pathlib import Path

from kb.catalog.catalog import Catalog


def write_notes(folder: Path, count: int) -> None:
    """Write notes with a text and a question each, and one that cannot be read."""
    folder.mkdir()
    for number in range(count):
        text = f"# N{number}\n\nText of number {number}.\n\n## What is {number}?\n\nA number.\n"
        (folder / f"{number:02d}.md").write_text(text, encoding="utf-8")
    (folder / "bad.md").write_bytes(b"\xff\xfe\xff")


def held(root: Path) -> list[tuple[str, str, bytes]]:
    """Return what the catalogue holds, with its vectors, apart from its own numbers."""
    catalog = Catalog(root)
    with catalog.view() as view:
        rows = [(r.entry.title, r.entry.text, r.vector.tobytes()) for r in view.rows_since(0)]
        rows += [(q.note, q.question, v.tobytes()) for q, v in zip(*view.questions(), strict=True)]
    catalog.close()
    return sorted(rows)
