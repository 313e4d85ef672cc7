"""What the product is made of: bounded, freely licensed, and nothing that runs what it reads."""

from __future__ import annotations

import ast
import base64
import hashlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from benchmarks.licences import PAGE, licences, requirements
from qa.onnx_reader import READER_FOLDER
from retrieval.manifest import read_manifest
from retrieval.onnx_session import MODEL_FOLDER

ROOT = Path(__file__).parents[1]
FREE = re.compile(r"MIT|BSD|Apache|PSF|MPL|Mozilla|ISC|Zlib|CC0|Unlicense|Python Software", re.I)
# Each can run what a file says.
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
CALLS = {"eval", "exec", "compile"}


def sources() -> Iterator[tuple[Path, ast.AST]]:
    for package in ("kb", "qa", "retrieval", "benchmarks"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield path, node


def test_nothing_imports_what_unpickles() -> None:
    for path, node in sources():
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not {name.split(".")[0] for name in names} & MODULES, path


def test_nothing_calls_what_runs_what_it_reads() -> None:
    for path, node in sources():
        if isinstance(node, ast.Call):
            _check(path, node, {each.arg: ast.unparse(each.value) for each in node.keywords})


def _check(path: Path, call: ast.Call, given: dict[str | None, str]) -> None:
    name = ast.unparse(call.func)
    where = f"{path}:{call.lineno}: {name}"
    assert name not in CALLS, where
    assert given.get("shell") != "True", where
    assert given.get("trust_remote_code", "False") == "False", where
    if name == "torch.load":
        assert given.get("weights_only") == "True", where
    if name in ("np.load", "numpy.load", "np.memmap"):
        assert given.get("allow_pickle", "False") == "False", where
    if name in ("yaml.load", "yaml.unsafe_load", "yaml.full_load"):
        assert path.name == "front_matter.py", f"{where}: only with its own safe loader"


def test_indexing_and_asking_unpickle_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntags: [x]\n---\n# Ohm\n\nOhm's law was found in 1827.\n")
    code = (
        "import sys\n"
        "seen = []\n"
        "sys.addaudithook(lambda event, _: event.startswith('pickle.') and seen.append(event))\n"
        "from kb import KnowledgeBase, Settings\n"
        "base = KnowledgeBase.open(Settings.load(sys.argv[1]))\n"
        "base.index(); base.ask('When was the law found?'); base.close()\n"
        "assert not seen, seen\n"
        "import pickle; pickle.loads(pickle.dumps(ValueError)); assert seen\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


def every_requirement() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    found = [*project["dependencies"], *(each for extra in extras for each in extra)]
    return [each for each in found if not each.startswith("notes-kb")]


@pytest.mark.parametrize("line", sorted(set(every_requirement())))
def test_every_dependency_is_bounded_on_both_sides(line: str) -> None:
    operators = {each.operator for each in Requirement(line).specifier}
    assert operators == {"=="} or (">=" in operators and "<" in operators)


def test_every_licence_allows_any_use_and_is_listed() -> None:
    found = licences()
    assert {name: each for name, each in found.items() if not FREE.search(each)} == {}
    page = PAGE.read_text(encoding="utf-8")
    for needed in requirements():
        assert f"| {needed.name.lower().replace('_', '-')} | " in page, "benchmarks.licences"


def test_every_bundled_model_file_has_a_hash() -> None:
    for folder in (MODEL_FOLDER, READER_FOLDER):
        held = {path.name for path in folder.iterdir() if path.suffix in (".onnx", ".json")}
        # The calibration is listed from the next fit on, see `kb.measuring.calibrating`.
        assert held - {"manifest.json", "calibration.json"} <= set(read_manifest(folder).files)


def test_every_package_that_runs_is_one_that_is_asked_for() -> None:
    """As `pip check` has it, for what the product needs; no index is asked."""
    wanted = requirements()
    for name in licences():
        wanted += [
            needed
            for line in metadata.requires(name) or []
            if (needed := Requirement(line)).marker is None or needed.marker.evaluate({"extra": ""})
        ]
    for needed in wanted:
        with suppress(metadata.PackageNotFoundError):
            found = metadata.version(needed.name)
            assert needed.specifier.contains(found, prereleases=True), f"{needed}: {found} is there"


@pytest.mark.parametrize("name", sorted(licences()))
def test_every_file_of_a_package_is_the_one_that_was_published(name: str) -> None:
    """Against the hashes that came with the package: what was damaged or changed since is named."""
    changed: list[str] = []
    for file in metadata.files(name) or []:
        path = Path(str(file.locate()))
        if file.hash is None or path.suffix == ".pyc" or not path.is_file():
            continue
        digest = hashlib.new(file.hash.mode, path.read_bytes()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            changed.append(str(file))
    # What pip writes itself on the way: scripts get this Python's path.
    assert [each for each in changed if "/bin/" not in each and not each.startswith("../")] == []
