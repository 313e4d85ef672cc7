"""What the run makes of workers, whatever they run on: here they are called in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from kb.cli.main import main as kb
from kb.distributed.tasks import DraftingWorker, DraftTask, EmbeddingWorker
from kb.indexing import rebuild, update
from kb.indexing.drafting import Drafted, Drafter, Source
from kb.indexing.job import Progress, Texts
from kb.indexing.sync import index_folder
from kb.notes.vault import NoteFile
from tests.kb.catalogued import held, write_notes
from tests.kb.fake_encoder import FakeEncoder

NOTES = 30


@dataclass
class HereWorkers:
    """Runs the tasks of workers in this process."""

    encoder: FakeEncoder = field(default_factory=FakeEncoder)
    drafted: int = 0

    def draft(
        self, files: Sequence[NoteFile], drafter: Drafter
    ) -> Iterable[tuple[Source, Drafted]]:
        task = DraftTask(drafter.root, drafter.passage_tokens, drafter.max_bytes, drafter.listed_ns)
        made = DraftingWorker(lambda: self.encoder, task)({"file": np.array(files, object)})
        self.drafted += len(made["made"])
        return list(made["made"])

    def encode(self, texts: Texts) -> Iterator[Mapping[bytes, NDArray[np.float32]]]:
        worker = EmbeddingWorker(lambda: self.encoder)
        for asked, some in ((False, texts.passages), (True, texts.questions)):
            for key, text in some.items():
                batch = {"key": [key.hex()], "text": [text], "question": [asked]}
                made = worker({name: np.array(values) for name, values in batch.items()})
                yield {bytes.fromhex(made["key"][0]): made["vector"][0]}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (update, rebuild):
        monkeypatch.setattr(module, "ROUND_NOTES", 10)
    folder = tmp_path / "notes"
    write_notes(folder, NOTES)
    return folder


@pytest.mark.parametrize("again", [False, True], ids=["update", "rebuild"])
def test_workers_make_the_catalogue_that_one_process_makes(
    root: Path, tmp_path: Path, again: bool
) -> None:
    workers, own = HereWorkers(), FakeEncoder()
    for _ in range(1 + again):
        report = index_folder(root, own, rebuild=again, workers=workers)
    assert own.embedded == 0
    assert workers.drafted == NOTES * (1 + again)
    assert [skipped.path for skipped in report.skipped] == ["bad.md"]
    made = held(root)
    (root / ".kb").rename(tmp_path / "kept")
    alone = index_folder(root, own)
    assert held(root) == made
    assert (report.added, report.embedded) == (alone.added, alone.embedded)


def test_only_what_is_new_is_embedded(root: Path) -> None:
    workers = HereWorkers()
    index_folder(root, FakeEncoder(), workers=workers)
    path = root / "07.md"
    path.write_text(path.read_text() + "\n## More\n\nZebras.\n", encoding="utf-8")
    (root / "08.md").touch()
    report = index_folder(root, FakeEncoder(), workers=workers)
    assert (report.changed, report.embedded) == (1, 1)


@pytest.mark.parametrize("again", [False, True], ids=["update", "rebuild"])
def test_run_that_was_stopped_embeds_nothing_twice(root: Path, again: bool) -> None:
    workers = HereWorkers()
    if again:
        index_folder(root, FakeEncoder(), workers=workers)
    embedded = workers.encoder.embedded

    def stop(progress: Progress) -> None:
        if progress.note == "25.md":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_folder(root, FakeEncoder(), rebuild=again, workers=workers, progress=stop)
    assert workers.encoder.embedded > embedded
    report = index_folder(root, FakeEncoder(), rebuild=again, workers=workers)
    assert report.embedded == 0
    assert set(workers.encoder.passages.values()) == {1 + again}


def test_note_that_changes_behind_the_workers_is_stored_as_they_read_it(root: Path) -> None:
    def change(progress: Progress) -> None:
        if progress.note == "05.md":
            (root / "05.md").write_text("# N5\n\nZebras.\n")

    index_folder(root, FakeEncoder(), workers=HereWorkers(), progress=change)
    # The next run sees it, as it would have without workers.
    report = index_folder(root, FakeEncoder(), workers=HereWorkers())
    assert report.changed == 1
    assert any("Zebras" in text for _, text, _ in held(root))


def test_missing_ray_is_named_with_its_extra(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.web.extras.find_spec", lambda _: None)
    run = CliRunner().invoke(kb, ["index", "--notes", str(root), "--ray", "local"])
    assert run.exit_code == 1
    assert "--ray" in run.stderr
    assert "notes-kb[ray]" in run.stderr
    run = CliRunner().invoke(kb, ["index", "--notes", str(root), "--ray", "local", "--gate"])
    assert run.exit_code == 2
