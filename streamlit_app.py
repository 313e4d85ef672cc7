"""The door: `streamlit run streamlit_app.py` opens the same pages as `kb serve`."""

import streamlit as st

from kb.pages.assembly import parts
from kb.pages.launch import APP

app = st.App(APP, **parts())
