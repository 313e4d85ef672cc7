"""Write the bundled reader as fp32 weights: ``python -m qa.restore FOLDER`` (extra ``models``).

Training goes on from such a folder where no checkpoint is left, and benchmarks run the same weights
in other runtimes.
"""

import argparse
from pathlib import Path

from qa.onnx_reader import READER_FOLDER
from retrieval.dequantise import write_bundled
from retrieval.manifest import read_manifest


def write_reader(folder: Path) -> None:
    """Write the bundled reader, dequantised, in Hugging Face's format."""
    write_bundled(folder, read_manifest(READER_FOLDER).path("reader.onnx"), head=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m qa.restore", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the reader")
    write_reader(parser.parse_args().folder)
