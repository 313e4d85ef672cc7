"""What deploy/ names exists: it is not run here, so that at least this holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.commands import commands, options
from kb.config import Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
FILES = sorted(DEPLOY.iterdir())


def documents(name: str) -> list[Any]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_says_that_it_was_not_run_and_names_only_settings(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "Not run where it was written" in text
    known = {f"KB_{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(r"\bKB_[A-Z_]+", text)) <= known
    if path.suffix == ".yaml":
        assert documents(path.name)


def test_commands_exist_with_their_options() -> None:
    spelled = {
        name.split()[-1]: {each for option in options(command) for each in option.opts}
        for name, command in commands()
    }
    compose, (job,) = documents("compose.yaml")[0], documents("ray-job.yaml")
    program, command, option, _ = job["spec"]["entrypoint"].split()
    assert program == "kb"
    assert option in spelled[command]
    (deployment,) = [each for each in documents("kubernetes.yaml") if each["kind"] == "Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert set(container["args"]) <= set(spelled)
    assert {"milvus", "app"} == set(compose["services"])


def test_app_runs_as_nobody_in_particular_on_a_root_that_it_cannot_write() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER 10001" in lines
    assert lines.index("USER 10001") < lines.index('ENTRYPOINT ["kb"]')
    assert documents("compose.yaml")[0]["services"]["app"]["read_only"] is True
    for document in documents("kubernetes.yaml"):
        if document["kind"] == "Deployment":
            pod = document["spec"]["template"]["spec"]
            assert pod["securityContext"]["runAsNonRoot"] is True
            assert all(
                each["securityContext"]["readOnlyRootFilesystem"] for each in pod["containers"]
            )


def test_image_has_all_that_the_package_is_built_from() -> None:
    copied = set(re.findall(r"^COPY (?!--)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.M))
    named = {name for line in copied for name in line.split()}
    left_in = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"
    }
    assert named == left_in
    assert all((ROOT / name).exists() for name in named)
