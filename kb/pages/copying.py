"""Buttons that copy a text; one script on the page serves them all."""

from __future__ import annotations

from html import escape

import streamlit as st
from streamlit.components.v2 import component

# Without a secure connection, as on another machine's address, only the older way is allowed.
_SCRIPT = """
async function copy(text) {
  if (navigator.clipboard && isSecureContext) {
    await navigator.clipboard.writeText(text)
    return
  }
  const area = document.createElement("textarea")
  area.value = text
  document.body.append(area)
  area.select()
  document.execCommand("copy")
  area.remove()
}

export default function () {
  const onClick = (event) => {
    const button = event.target.closest?.("button.kb-copy")
    if (!button) return
    copy(button.dataset.text).then(() => {
      button.textContent = button.dataset.done
      setTimeout(() => { button.textContent = button.dataset.label }, 2000)
    })
  }
  document.addEventListener("click", onClick)
  return () => document.removeEventListener("click", onClick)
}
"""


def enable() -> None:
    """Make the buttons of this page work."""
    component("kb_copy", js=_SCRIPT)(key="copying", height=1)


def button(text: str, label: str, done: str) -> None:
    """Draw a button.

    :param text: what it copies.
    :param done: its label for a moment after it has copied.
    """
    values = {"text": text, "label": label, "done": done}
    data = " ".join(f'data-{name}="{escape(value)}"' for name, value in values.items())
    st.html(f'<button type="button" class="kb-copy" {data}>{escape(label)}</button>')
