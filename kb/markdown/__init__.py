"""Markdown read into clean text that knows its place in the source."""
