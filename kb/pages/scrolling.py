"""Brings something on a page into view, once for each place that is opened."""

from __future__ import annotations

from typing import Literal

from streamlit.components.v2 import component

# What is looked for comes in an element of its own, which the browser may draw after this one.
_SCRIPT = """
export default function ({ data, parentElement }) {
  if (parentElement.kbPlace === data.place) return
  parentElement.kbPlace = data.place
  let tries = 0
  const timer = setInterval(() => {
    const found = document.getElementById(data.id)
    if (found !== null && found.offsetParent !== null) {
      found.scrollIntoView({ block: data.block })
      clearInterval(timer)
    } else if (++tries > 100) {
      clearInterval(timer)
    }
  }, 50)
}
"""


def scroll_to(name: str, place: str, block: Literal["start", "center"] = "center") -> None:
    """Scroll to the element of an id.

    :param place: what is opened; for the same one, the page stays where the reader left it.
    """
    draw = component("kb_scroll", js=_SCRIPT)
    draw(key=f"scroll {place}", data={"id": name, "place": place, "block": block}, height=1)
