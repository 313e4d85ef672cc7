"""Errors of the product.

KbError
├── VaultError         the notes folder, or a name or a file in it, cannot be used
│   └── NoteChanged       a note is not as it was when it was read
├── NotesVanished      most notes are gone from the folder at once
├── NoteError          one note cannot be read as text
├── QuestionError      a question is empty or too long
├── ConfigError        a setting has a value that it cannot have
├── CatalogError       the index cannot be used
│   ├── CatalogMissing    there is none yet
│   ├── CatalogDamaged    it cannot be read; `kb index` makes it anew
│   └── EncoderChanged    it was made by another encoder
├── StoreError         the cluster that holds the passages cannot be used
├── WorkersError       the cluster that indexes cannot be used
├── LockedError        another process is indexing
├── AccessError        passwords or keys cannot be used, or an address needs them
├── ExtraMissing       a part needs packages that are not installed
├── NotAllowed         a reader tried what only an editor may do
└── HistoryError       chats and feedback cannot be read or kept
"""


class KbError(Exception):
    """Base of every error that kb raises on purpose."""


class VaultError(KbError):
    """The notes folder, or a name or a file in it, cannot be used."""


class NoteChanged(VaultError):
    """A note is not as it was when it was read.

    :param path: of the note in the folder.
    :param version: what is there now, as ``kb.notes.writing.version_of`` names it; None if the
        note is gone.
    """

    def __init__(self, path: str, message: str, version: str | None) -> None:
        super().__init__(message)
        self.path = path
        self.version = version


class NotesVanished(KbError):
    """Most notes are gone from the folder at once: the index is not made anew without them."""


class NoteError(KbError):
    """One note cannot be read as text."""


class QuestionError(KbError):
    """A question is empty or too long."""


class ConfigError(KbError):
    """A setting has a value that it cannot have."""


class CatalogError(KbError):
    """The index cannot be used."""


class CatalogMissing(CatalogError):
    """There is no index yet."""


class CatalogDamaged(CatalogError):
    """The index cannot be read; it is derived from the notes and can be made anew."""


class EncoderChanged(CatalogError):
    """The index was made by another encoder."""


class StoreError(KbError):
    """The cluster that holds the passages cannot be used."""


class WorkersError(KbError):
    """The cluster that indexes cannot be used."""


class LockedError(KbError):
    """Another process is indexing."""


class AccessError(KbError):
    """Passwords or keys cannot be used, or an address needs them."""


class ExtraMissing(KbError):
    """A part needs packages that are not installed."""


class NotAllowed(KbError):
    """A reader tried what only an editor may do."""


class HistoryError(KbError):
    """Chats and feedback cannot be read or kept."""
