"""What a run needs once: the peers' packages, and the bundled weights in fp32 for them.

Run as ``python -m benchmarks.peers.weights FOLDER`` to write the weights.
"""

import hashlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path

from qa.onnx_reader import READER_FOLDER
from retrieval.manifest import MANIFEST
from retrieval.onnx_session import MODEL_FOLDER

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / ".work" / "peers"
REQUIREMENTS = Path(__file__).parent / "requirements.txt"


def install() -> dict[str, str]:
    """Put the peers' packages in a place of their own, once; return their versions."""
    wanted = dict(
        line.split("==")
        for line in REQUIREMENTS.read_text(encoding="utf-8").split()
        if "==" in line
    )
    if any(_installed().get(name) != version for name, version in wanted.items()):
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--no-deps"]
        command += ["--target", str(PACKAGES), "--requirement", str(REQUIREMENTS)]
        subprocess.run(command, check=True)
    return {name: _installed()[name] for name in wanted}


def _installed() -> dict[str, str]:
    found = importlib.metadata.distributions(path=[str(PACKAGES)])
    return {each.metadata["Name"].lower().replace("_", "-"): each.version for each in found}


def restored() -> Path:
    """Return the folder of the peers' weights, written where these bundled ones never were."""
    manifests = [(folder / MANIFEST).read_bytes() for folder in (MODEL_FOLDER, READER_FOLDER)]
    digest = hashlib.sha256(b"".join(manifests)).hexdigest()[:12]
    folder = ROOT / ".work" / f"peers-weights-{digest}"
    if not (folder / "done").exists():
        # In a process of its own: torch stays out of the runner.
        command = [sys.executable, "-m", "benchmarks.peers.weights", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True)
        (folder / "done").touch()
    return folder


def size_mb(*folders: Path) -> float:
    """Return what files take, in millions of bytes."""
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 1e6


if __name__ == "__main__":
    from benchmarks.ask import plain_models

    plain_models(Path(sys.argv[1]))
