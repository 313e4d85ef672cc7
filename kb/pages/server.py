"""What Streamlit serves: the app, behind a gate, with headers that keep every page to itself."""

from pathlib import Path

import streamlit as st

from kb.pages.assembly import parts

app = st.App(Path(__file__).with_name("app.py"), **parts())
