"""The door: `streamlit run streamlit_app.py` opens the same pages as `kb serve`."""

import streamlit as st
from starlette.middleware import Middleware

from kb.pages.launch import APP
from kb.pages.security import SecurityHeaders

app = st.App(APP, middleware=[Middleware(SecurityHeaders)])
