"""A note as it is read: rendered, with the cited words lit and the passages around at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.components.v2 import component

from kb.markdown.reading import SPAN_END, SPAN_START
from kb.pages import links, pieces
from kb.pages.language import t

if TYPE_CHECKING:
    from kb.knowledge import KnowledgeBase
    from kb.notes.source import NoteSource

# Lights what stands between the two invisible marks, without touching the rendered note, and
# brings it into view until the reader moves. Links between notes open in this window.
_SCRIPT = """
const MOVES = ["wheel", "touchmove", "pointerdown", "keydown"]
const KEY = "kb-cited"

function place(root, mark, after) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    const at = text.data.indexOf(mark)
    if (at >= 0) return [text, after ? at : at + mark.length]
  }
  return null
}

function light(root, data) {
  const start = place(root, data.start, false)
  const end = place(root, data.end, true)
  if (start === null || end === null) return null
  const range = document.createRange()
  range.setStart(...start)
  range.setEnd(...end)
  if (globalThis.CSS?.highlights) CSS.highlights.set(KEY, new Highlight(range))
  return range
}

function scrolls(element) {
  const free = element.scrollHeight > element.clientHeight + 1
  return free && /auto|scroll/.test(getComputedStyle(element).overflowY)
}

function show(range) {
  const box = range.getBoundingClientRect()
  if (box.height === 0) return false
  let scroller = range.startContainer.parentElement
  while (scroller !== null && !scrolls(scroller)) scroller = scroller.parentElement
  const room = Math.max(0, innerHeight - box.height)
  scroller?.scrollBy(0, box.top - Math.max(90, room / 3))
  return true
}

function watch(data) {
  let looks = 400
  let shown = 0
  const stop = () => {
    clearInterval(timer)
    MOVES.forEach((move) => removeEventListener(move, stop, true))
  }
  const timer = setInterval(() => {
    const root = document.querySelector(".st-key-kb_rendered")
    const range = root === null ? null : light(root, data)
    if (range !== null && show(range)) shown += 1
    looks -= 1
    if (looks === 0 || shown === 8) stop()
  }, 75)
  MOVES.forEach((move) => addEventListener(move, stop, { capture: true, passive: true }))
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (parentElement.kbPlace !== data.place) {
    parentElement.kbPlace = data.place
    globalThis.CSS?.highlights?.delete(KEY)
    if (data.lit) watch(data)
  }
  const follow = (event) => {
    const link = event.target.closest?.(".st-key-kb_rendered a[href]")
    const address = link?.getAttribute("href") ?? "#"
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey
    if (!plain || /^([a-z][a-z0-9+.-]*:|[/]|#?$)/i.test(address)) return
    event.preventDefault()
    setTriggerValue("opened", address)
  }
  document.addEventListener("click", follow)
  return () => document.removeEventListener("click", follow)
}
"""


def draw(base: KnowledgeBase, note: NoteSource, cited: tuple[int, int] | None) -> None:
    """Draw a note rendered, at its cited place if that is given."""
    shown = base.reading.render(note, cited)
    if cited and not shown.lit:
        pieces.quiet(t("cited_in_source"))
    with st.container(key="kb_rendered"):
        st.markdown(shown.text)
    place = f"{note.path} {cited}"
    result = component("kb_reading", js=_SCRIPT)(
        key=f"reading {place}",
        data={"place": place, "lit": shown.lit, "start": SPAN_START, "end": SPAN_END},
        on_opened_change=lambda: None,
        height=1,
    )
    if result.opened:
        _open(base, str(result.opened), note.path)


def around(base: KnowledgeBase, note: NoteSource, cited: tuple[int, int]) -> None:
    """Draw the way to the passages before and behind a place."""
    found = base.reading.surroundings(note.path, *cited)
    if found is None:
        return
    with st.container(key="kb_around", horizontal=True, vertical_alignment="center"):
        if found.previous is not None:
            links.to_passage(note.path, found.previous, t("passage_previous"), back=True)
        pieces.quiet(t("passage_number", number=found.number, total=found.total))
        if found.following is not None:
            links.to_passage(note.path, found.following, t("passage_next"), back=False)


def _open(base: KnowledgeBase, address: str, path: str) -> None:
    target = base.reading.target(address, path)
    if target is None:
        st.toast(t("link_leads_nowhere"))
    else:
        st.switch_page(str(links.NOTE), query_params=target.parameters)
