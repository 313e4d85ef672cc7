from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.notes.headings import find_heading

NOTE = """---
title: x
---
# Tea

## How it is *made* { #making }

### Water

## 茶 的 历史

### Water

```
## Not one
```

## Setext
is prose

Under
-----
"""


@pytest.mark.parametrize(
    ("name", "words", "line"),
    [
        ("Tea", "Tea", 4),
        ("how it is made", "How it is *made", 6),
        ("How-it-is-made", "How it is *made", 6),
        ("making", "How it is *made", 6),
        ("Water", "Water", 8),
        ("茶的历史#Water", "Water", 12),
        ("Tea#茶 的 历史#water", "Water", 12),
        ("nothing#Water", "Water", 8),
        ("water-1", "Water", 8),
        ("under", "Under", 21),
    ],
)
def test_heading_is_found_by_words_identifier_and_path(name: str, words: str, line: int) -> None:
    found = find_heading(NOTE, NOTE.index("# Tea"), name)
    assert found is not None
    assert NOTE[slice(*found)] == words
    assert NOTE.count("\n", 0, found[0]) + 1 == line


@pytest.mark.parametrize("name", ["", "#", "Not one", "no such", "title", "{", "-1", "💡"])
def test_heading_that_is_not_there_is_none(name: str) -> None:
    assert find_heading(NOTE, NOTE.index("# Tea"), name) is None


@given(st.text(alphabet="# {}#-ab1\n", max_size=60), st.text(alphabet="#ab-1{} ", max_size=8))
def test_heading_is_a_range_of_the_note(source: str, name: str) -> None:
    found = find_heading(source, 0, name)
    assert found is None or 0 <= found[0] < found[1] <= len(source)
