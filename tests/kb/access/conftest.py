from __future__ import annotations

import pytest

from kb.access import passwords


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed at a fraction of the cost."""
    monkeypatch.setattr(passwords, "COST", 16)
