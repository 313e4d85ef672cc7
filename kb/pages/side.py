"""On a narrow screen the side lies over the page: it closes when a link in it is followed."""

from __future__ import annotations

from streamlit.components.v2 import component

_SCRIPT = """
const NARROW = "(max-width: 768px)"
const LINK = '[data-testid="stSidebar"] a[href]'
const CLOSE = '[data-testid="stSidebarCollapseButton"] button'

export default function () {
  const onClick = (event) => {
    if (!matchMedia(NARROW).matches || !event.target.closest?.(LINK)) return
    setTimeout(() => document.querySelector(CLOSE)?.click(), 50)
  }
  document.addEventListener("click", onClick)
  return () => document.removeEventListener("click", onClick)
}
"""


def close_when_followed() -> None:
    """Close the side of this page after its links; call it inside of the side."""
    component("kb_side", js=_SCRIPT)(key="side", height=1)
