"""Scripts under way: each in a process of its own, its words heard line by line."""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from rabbitviewer.models.scripts import Script

_MOST_DETAILS = 200_000
_MOST_LINE = 1 << 20
_MOST_RUNS = 20
_KILL_MS = 2000


class _Said(msgspec.Struct, frozen=True):
    """One line of the runner."""

    message: str = ""
    progress: tuple[int, int] | None = None
    open_folder: str = ""
    failed: str = ""
    done: bool = False


@dataclasses.dataclass(eq=False)
class Run:
    """One run of a script.

    Attributes:
        script: Which.
        photos: On how many photos.
        state: running | done | failed | stopped.
        message: What it said last, or why it failed.
        done: How far it is.
        total: Of how much; 0: it did not say.
        details: What it printed.
    """

    script: Script
    photos: int
    state: str = "running"
    message: str = ""
    done: int = 0
    total: int = 0
    details: str = ""


class ScriptRuns(QObject):
    """The runs of this session, newest first.

    Signals:
        changed: a run began, went on or ended.
        ended: a run ended (:class:`Run`).
        folder_wanted: a script wants a folder shown (its path).
    """

    changed = Signal()
    ended = Signal(object)
    folder_wanted = Signal(bytes)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[Run] = []
        self._processes: dict[Run, QProcess] = {}
        self._rest: dict[Run, bytes] = {}

    @property
    def running(self) -> tuple[Run, ...]:
        """Those under way."""
        return tuple(run for run in self.runs if run.state == "running")

    def start(self, script: Script, paths: Sequence[bytes]) -> Run:
        """Run *script* on photos."""
        run = Run(script, len(paths))
        self.runs = [run, *self.runs][:_MOST_RUNS]
        process = QProcess(self)
        self._processes[run], self._rest[run] = process, b""
        process.readyReadStandardOutput.connect(lambda: self._hear(run))
        process.readyReadStandardError.connect(lambda: self._print(run))
        process.finished.connect(functools.partial(self._on_finished, run))
        process.errorOccurred.connect(functools.partial(self._on_error, run))
        module = "rabbitviewer.scripts.runner"
        process.start(sys.executable, ["-m", module, str(script.path)])
        process.write(msgspec.json.encode({"paths": [path.hex() for path in paths]}))
        process.closeWriteChannel()
        self.changed.emit()
        return run

    def stop(self, run: Run) -> None:
        """End a run; one that does not listen is killed."""
        process = self._processes.get(run)
        if process is None:
            return
        run.state = "stopped"
        process.terminate()
        QTimer.singleShot(_KILL_MS, process, process.kill)
        self.changed.emit()

    def stop_all(self) -> None:
        """End every run: the window closes."""
        for process in list(self._processes.values()):
            process.blockSignals(True)
            process.kill()
            process.waitForFinished(_KILL_MS)

    def clear(self) -> None:
        """Forget the runs that ended."""
        self.runs = list(self.running)
        self.changed.emit()

    # ------------------------------------------------------------ hearing

    def _hear(self, run: Run) -> None:
        process = self._processes.get(run)
        if process is None:
            return
        *lines, rest = (self._rest[run] + bytes(process.readAllStandardOutput().data())).split(
            b"\n"
        )
        self._rest[run] = rest[:_MOST_LINE]
        for line in lines:
            try:
                self._take(run, msgspec.json.decode(line, type=_Said))
            except (msgspec.MsgspecError, ValueError):
                self._add_details(run, line.decode("utf-8", "replace") + "\n")
        self.changed.emit()

    def _take(self, run: Run, said: _Said) -> None:
        if said.message:
            run.message = said.message
        if said.progress is not None:
            run.done, run.total = said.progress
        if said.open_folder:
            self.folder_wanted.emit(bytes.fromhex(said.open_folder))
        if said.failed:
            run.state, run.message = "failed", said.failed
        elif said.done:
            run.state = "done"

    def _print(self, run: Run) -> None:
        process = self._processes.get(run)
        if process is not None:
            printed = bytes(process.readAllStandardError().data())
            self._add_details(run, printed.decode("utf-8", "replace"))
            self.changed.emit()

    def _add_details(self, run: Run, text: str) -> None:
        run.details = (run.details + text)[-_MOST_DETAILS:]

    def _on_error(self, run: Run, _error: object) -> None:
        process = self._processes.get(run)
        if process is not None and process.error() == QProcess.ProcessError.FailedToStart:
            words = self.tr("Python did not start: {detail}")
            run.message = words.format(detail=process.errorString())
            self._on_finished(run)

    def _on_finished(self, run: Run, *_how: object) -> None:
        if run not in self._processes:
            return
        self._hear(run)
        self._print(run)
        process = self._processes.pop(run)
        del self._rest[run]
        process.deleteLater()
        if run.state == "running":
            run.state = "failed"
            run.message = run.message or self.tr("The script ended without a word.")
        self.changed.emit()
        self.ended.emit(run)
