"""What may import what, and what a first import costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "retrieval": {"retrieval"},
    "qa": {"qa", "retrieval"},
    "kb": {"kb", "qa", "retrieval"},
}
HEAVY = ("torch", "transformers", "streamlit", "sentence_transformers", "sklearn")
EXTRAS = ("fastapi", "mcp", "prometheus_client", "pymilvus", "ray", "uvicorn")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_go_down_only(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        ours = imported(path) & set(ALLOWED)
        assert ours <= ALLOWED[package], f"{path} imports {ours - ALLOWED[package]}"


def loaded_after(code: str, *arguments: str) -> set[str]:
    script = f"{code}\nimport sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    run = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.split(".")[0] for line in run.stderr.splitlines()}


def test_import_kb_loads_nothing_heavy() -> None:
    loaded = loaded_after("import kb")
    assert not loaded & {*HEAVY, *EXTRAS, "faiss", "onnxruntime", "numpy", "pydantic"}


def test_asking_loads_neither_the_parser_of_notes_nor_what_writes_them() -> None:
    loaded = loaded_after("import kb.cli.main, kb.knowledge")
    assert not loaded & {"filelock", "markdown_it", "watchfiles", "yaml"}


def test_kb_ask_loads_no_torch_and_no_streamlit(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Ohm\n\nOhm's law was published in 1827.\n")
    code = (
        "import sys\nfrom kb.cli.main import main\n"
        "def run(*arguments):\n    main(list(arguments), standalone_mode=False)\n"
        "notes = sys.argv[1]\n"
        "run('index', '-n', notes)\nrun('ask', '-n', notes, 'When was the law published?')\n"
    )
    loaded = loaded_after(code, str(tmp_path))
    assert not loaded & {*HEAVY, *EXTRAS}
    assert {"faiss", "onnxruntime"} <= loaded
