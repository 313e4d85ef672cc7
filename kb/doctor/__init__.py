"""Looks over notes, index and machine, and says what to do about what it finds."""
