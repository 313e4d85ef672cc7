"""How to start the pages: the command and its environment, for `kb serve` and for tests."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from pydantic import SecretStr

from kb.access.login import is_loopback
from kb.access.oidc import public_url

if TYPE_CHECKING:
    from kb.config import Settings

HERE = Path(__file__).parent
APP = HERE / "app.py"
SERVER = HERE / "server.py"
CONFIG = HERE / "config.toml"
_EVERYWHERE = ("0.0.0.0", "::")


def run(settings: Settings, *, open_browser: bool = False) -> int:
    """Serve the pages until stopped, and return the exit status.

    Where the system can, the server takes this process over and frees what it holds.
    """
    arguments = command(settings, open_browser=open_browser)
    variables = environment(settings)
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execve(arguments[0], arguments, variables)
    return subprocess.run(arguments, env=variables, check=False).returncode


def command(settings: Settings, *, open_browser: bool = False) -> list[str]:
    """Return the command that serves the pages in the foreground.

    A port of 0 becomes a free one, which stands after ``--server.port``.

    :param open_browser: show the pages in a browser, where there is a desktop.
    """
    port = settings.port or _free_port(settings.host)
    options = dict(_flat(tomllib.loads(CONFIG.read_text(encoding="utf-8"))))
    shown = urlsplit(public_url(settings, port)).hostname or settings.host
    hosts = [*options["server.allowedHosts"], settings.host, shown]
    options |= {
        "browser.serverAddress": "localhost" if shown in _EVERYWHERE else shown,
        "server.address": settings.host,
        "server.port": port,
        "server.headless": not open_browser,
        # Open to others, it has names that only `kb.pages.gate` can tell.
        "server.allowedHosts": list(dict.fromkeys(hosts)) if is_loopback(settings.host) else ["*"],
        "server.maxUploadSize": max(1, round(max(settings.max_note_mb, settings.max_upload_mb))),
    }
    flags = [f"--{name}={value}" for name, values in options.items() for value in _written(values)]
    return [sys.executable, "-m", "streamlit", "run", str(SERVER), *flags]


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment in which the pages find the same settings and this package."""
    given = {
        f"KB_{name.upper()}": _variable(getattr(settings, name))
        for name in settings.model_fields_set
        if getattr(settings, name) is not None
    }
    found = {**os.environ, **given, "KB_NOTES": str(settings.notes.absolute())}
    root = HERE.parent.parent
    if root.name != "site-packages":
        # A checkout that is not installed, started from another folder.
        paths = [str(root), found.get("PYTHONPATH", "")]
        found["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return found


def _variable(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return ",".join(cast("tuple[str]", value)) if isinstance(value, tuple) else str(value)


def _flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _written(value: object) -> list[str]:
    """Write a value as Streamlit's flags have it: a list is a flag that stands several times."""
    if isinstance(value, list):
        return [str(each) for each in cast("list[object]", value)]
    return [value if isinstance(value, str) else json.dumps(value)]


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
