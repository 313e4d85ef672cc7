from __future__ import annotations

from pathlib import Path

import pytest

from tests.kb.fake_encoder import FakeEncoder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    return folder


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()
