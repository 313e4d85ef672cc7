"""The HTTP API: translates between a program and `KnowledgeBase`; needs the extra ``api``."""
