"""Brings something on a page into view, once for each place that is opened."""

from __future__ import annotations

from typing import Literal

from streamlit.components.v2 import component

# What is looked for comes in an element of its own, which the browser may draw after this one, and
# Streamlit scrolls a chat to its end: so this looks more than once, until the reader moves.
_SCRIPT = """
const MOVES = ["wheel", "touchmove", "pointerdown", "keydown"]

export default function ({ data, parentElement }) {
  if (parentElement.kbPlace === data.place) return
  parentElement.kbPlace = data.place
  let looks = 120
  let calm = 0
  const stop = () => {
    clearInterval(timer)
    MOVES.forEach((move) => removeEventListener(move, stop, true))
  }
  const timer = setInterval(() => {
    const wanted = document.getElementById(data.id)
    if (wanted !== null && wanted.offsetParent !== null) {
      const before = wanted.getBoundingClientRect().top
      wanted.scrollIntoView({ block: data.block })
      const moved = Math.abs(wanted.getBoundingClientRect().top - before) > 1
      calm = moved ? 0 : calm + 1
    }
    looks -= 1
    if (looks === 0 || calm === 24) stop()
  }, 75)
  MOVES.forEach((move) => addEventListener(move, stop, { capture: true, passive: true }))
}
"""


def scroll_to(name: str, place: str, block: Literal["start", "center"] = "center") -> None:
    """Scroll to the element of an id.

    :param place: what is opened; for the same one, the page stays where the reader left it.
    """
    draw = component("kb_scroll", js=_SCRIPT)
    draw(key=f"scroll {place}", data={"id": name, "place": place, "block": block}, height=1)
