"""Keys of the chat page: "/" goes to the question, "n" and "p" to the next and last citation."""

from __future__ import annotations

from streamlit.components.v2 import component

_SCRIPT = """
const BOX = '[data-testid="stChatInputTextArea"]'
const CITATIONS = '[data-testid="stMainBlockContainer"] a[href*="note?"]'

function go(step) {
  const all = [...document.querySelectorAll(CITATIONS)].filter((each) => each.offsetParent)
  if (all.length === 0) return
  const at = all.indexOf(document.activeElement)
  const next = at < 0 && step < 0 ? all.length - 1 : (at + step + all.length) % all.length
  all[next].focus()
  all[next].scrollIntoView({ block: "center" })
}

export default function ({ parentElement }) {
  const onKey = (event) => {
    const written = event.target.closest?.("input, textarea, select, [contenteditable=true]")
    if (written || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    const steps = { n: 1, p: -1 }
    if (event.key === "/") document.querySelector(BOX)?.focus()
    else if (event.key in steps) go(steps[event.key])
    else return
    event.preventDefault()
  }
  document.addEventListener("keydown", onKey)
  // A touch screen would bring its keyboard up over the page.
  if (!parentElement.kbReady && matchMedia("(pointer: fine)").matches) {
    document.querySelector(BOX)?.focus({ preventScroll: true })
  }
  parentElement.kbReady = true
  return () => document.removeEventListener("keydown", onKey)
}
"""


def enable() -> None:
    """Listen to the keys of this page."""
    component("kb_keyboard", js=_SCRIPT)(key="keyboard", height=1)
