"""Choose a reader."""

from qa.reader import Reader


def load_reader(name: str | None = None, threads: int = 0) -> Reader:
    """Open a reader.

    :param name: a Hugging Face question-answering model, by name or folder; None for the bundled.
    :param threads: how many the bundled one may use; 0: one for every core.
    :raises MissingPackage: if a named model needs the extra ``models`` and it is not installed.
    :raises QaError: if the model cannot be opened.
    """
    if name is None:
        from qa.onnx_reader import OnnxReader

        return OnnxReader(threads=threads)
    from qa.hugging_face_reader import HuggingFaceReader

    return HuggingFaceReader(name)
