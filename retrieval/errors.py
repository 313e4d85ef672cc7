"""Errors of the retrieval floor.

RetrievalError
├── ModelError        a model file is missing, damaged or of another kind
├── MissingPackage    an adapter needs a package that is not installed
└── IndexDamaged      an index file cannot be read; it can be rebuilt
"""


class RetrievalError(Exception):
    """Base of every error raised by `retrieval`."""


class ModelError(RetrievalError):
    """A model file is missing, damaged or of another kind."""


class MissingPackage(RetrievalError):
    """An adapter needs a package that is not installed."""


class IndexDamaged(RetrievalError):
    """A derived index file cannot be read; rebuilding it loses nothing."""
