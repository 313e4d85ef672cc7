"""Errors of the answering floor.

QaError
├── DatasetError   a question file is not in the SQuAD format
├── ReaderError    a reader model is missing, damaged or of another kind
└── TrainingError  a run cannot start or go on
"""


class QaError(Exception):
    """Base of every error raised by `qa`."""


class DatasetError(QaError):
    """A question file is not in the SQuAD format."""


class ReaderError(QaError):
    """A reader model is missing, damaged or of another kind."""


class TrainingError(QaError):
    """A training run cannot start or go on."""
