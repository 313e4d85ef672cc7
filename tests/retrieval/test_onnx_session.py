"""ONNX Runtime reports to its maker unless it is told not to before it is imported."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOUD = "import onnxruntime"
QUIET = "from retrieval.onnx_session import onnxruntime"
OPEN = "onnxruntime.InferenceSession('retrieval/model/words.onnx')"
WAIT = "import threading; threading.Event().wait(60)"


def child(home: Path, *lines: str) -> subprocess.Popen[bytes]:
    home.mkdir()
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    code = "\n".join(lines)
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment)


def test_no_identifier_is_written(tmp_path: Path) -> None:
    for home, first in ((tmp_path / "loud", LOUD), (tmp_path / "quiet", QUIET)):
        assert child(home, first, OPEN).wait(60) == 0
    assert not list((tmp_path / "quiet").rglob("*"))
    if not list((tmp_path / "loud").rglob("deviceid")):
        pytest.skip("this build of ONNX Runtime writes no identifier at all")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's seccomp")
def test_no_socket_is_opened_by_the_time_at_which_one_would_be(tmp_path: Path) -> None:
    watched = "from kb.doctor.socket_guard import guard; guard()"
    quiet = child(tmp_path / "quiet", watched, QUIET, OPEN, WAIT)
    loud = child(tmp_path / "loud", watched, LOUD, OPEN, WAIT)
    try:
        # Ended by the kernel at its first socket, some ten seconds after the start.
        assert loud.wait(90) in (-signal.SIGSYS, 0)
        if loud.returncode == 0:
            pytest.skip("this build of ONNX Runtime opens no socket at all")
        assert quiet.poll() is None
    finally:
        for each in (quiet, loud):
            each.kill()
            each.wait()


def test_nothing_but_the_quiet_module_imports_it() -> None:
    for package in ("kb", "qa", "retrieval", "benchmarks", "tests"):
        for path in (ROOT / package).rglob("*.py"):
            if path == ROOT / "retrieval" / "onnx_session.py":
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                assert not any(name.split(".")[0] == "onnxruntime" for name in names), path
