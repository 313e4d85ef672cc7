"""What Streamlit serves: the app, with headers that keep every page to itself."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from kb.pages.security import SecurityHeaders

app = st.App(Path(__file__).with_name("app.py"), middleware=[Middleware(SecurityHeaders)])
