from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kb.errors import CatalogError, LockedError
from kb.storage.writer_lock import OWNER_FILE, WriterLock

_HOLD = """
import sys, time
from pathlib import Path
from kb.storage.writer_lock import WriterLock
with WriterLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def _holder(root: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(root)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(Path.cwd())},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_lock_of_another_process_names_it_and_dies_with_it(tmp_path: Path) -> None:
    with _holder(tmp_path) as process:
        try:
            message = rf"is being indexed by process {process.pid} on \S+ since \d{{4}}-"
            with pytest.raises(LockedError, match=message), WriterLock(tmp_path):
                pass
        finally:
            process.send_signal(signal.SIGKILL)
    assert (tmp_path / ".kb" / OWNER_FILE).exists()
    with WriterLock(tmp_path):
        owner = json.loads((tmp_path / ".kb" / OWNER_FILE).read_text())
        assert owner["pid"] == os.getpid()
    assert not (tmp_path / ".kb" / OWNER_FILE).exists()


def test_lock_keeps_out_another_thread_and_waits_if_asked(tmp_path: Path) -> None:
    entered = threading.Event()

    def hold() -> None:
        with WriterLock(tmp_path):
            entered.set()
            time.sleep(0.3)

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait()
    with pytest.raises(LockedError), WriterLock(tmp_path):
        pass
    with WriterLock(tmp_path, timeout=20):
        pass
    thread.join()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"pid":1,"host":"h","since":2}'])
def test_lock_with_an_unreadable_owner_still_says_it_is_held(tmp_path: Path, content: str) -> None:
    with WriterLock(tmp_path):
        (tmp_path / ".kb" / OWNER_FILE).write_text(content)
        with pytest.raises(LockedError, match="another process"), WriterLock(tmp_path):
            pass


def test_lock_in_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no folder"), WriterLock(tmp_path / "none"):
        pass


def test_lock_refuses_a_negative_timeout(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="-1"):
        WriterLock(tmp_path, timeout=-1)
