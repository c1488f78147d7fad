"""The looks library as the window knows it: which looks there are, and what is done to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

import msgspec
from PySide6.QtCore import QObject, Signal

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.looks import (
    LookDelete,
    LookExport,
    LookRename,
    LookRestore,
    Looks,
    LookSave,
    LookSaved,
    LooksRequest,
)
from daemon.protocol.messages import AiEditRequest, Failed, LutConverted, Message, WirePath
from daemon.protocol.values import LookInfo
from rabbitviewer.ipc.client import DaemonClient

CHANNELS = ("all", "luma", "chroma")
_PASSING = (ErrorKind.DAEMON_UNAVAILABLE, ErrorKind.CANCELLED)

Then = Callable[[Message], object]


@dataclasses.dataclass(frozen=True)
class Grade:
    """What can be put on a photo without any host: a look, or what a finished job learnt.

    Attributes:
        title: What it goes by: the look's name, or the job's prompt.
        look_id: The look; empty: it is a job's.
        job_id: The finished job.
        strength: 0..1.5.
        channels: all | luma | chroma.
    """

    title: str
    look_id: str = ""
    job_id: str = ""
    strength: float = 1.0
    channels: str = "all"

    def request(self, path: bytes) -> AiEditRequest:
        """Return what puts it on the photo at *path*."""
        return AiEditRequest(
            path=WirePath.of(path),
            prompt=self.title,
            strength=self.strength,
            look=self.look_id,
            grade_of=self.job_id,
            channels=self.channels,
        )


class LooksModel(QObject):
    """All looks by name; other windows may change them too.

    What the user renames or deletes shows at once; the daemon's answer confirms it or, when it
    fails, the looks are asked for anew.

    Signals:
        changed: there are other looks, or one has another name.
        saved: a look came into the library from here (:class:`LookInfo`, notes).
        imported: several files were read (the looks, why others could not be).
        failed: something could not be done (``ErrorInfo``).
    """

    changed = Signal()
    saved = Signal(object, tuple)
    imported = Signal(tuple, tuple)
    failed = Signal(object)

    def __init__(self, client: DaemonClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._looks: tuple[LookInfo, ...] = ()
        self._by_id: dict[str, LookInfo] = {}
        self._known = False
        client.connected.connect(self.refresh)
        client.replied.connect(self._on_replied)

    # ------------------------------------------------------------ what is known

    @property
    def is_known(self) -> bool:
        """Whether the daemon has told them."""
        return self._known

    @property
    def looks(self) -> tuple[LookInfo, ...]:
        """All looks, by name."""
        return self._looks

    def look(self, look_id: str) -> LookInfo | None:
        """Return one look; None: it is not there."""
        return self._by_id.get(look_id)

    def refresh(self) -> None:
        """Ask for them."""
        if self._client.is_connected:
            self._client.send(LooksRequest())

    # ------------------------------------------------------------ changes

    def save_grade(self, job_id: str, name: str) -> None:
        """Keep the grade of a finished job as a look; an empty name is made from its prompt."""
        self._send(LookSave(name=name, job_id=job_id), self._on_saved)

    def import_file(self, path: bytes, name: str = "") -> None:
        """Keep a ``.cube`` or Hald CLUT file as a look; an empty name is made from the file's."""
        self._send(LookSave(name=name, lut=WirePath.of(path)), self._on_saved)

    def import_files(self, paths: Sequence[bytes]) -> None:
        """Keep several such files as looks; :attr:`imported` tells of them together."""
        saved: list[LookInfo] = []
        refused: list[ErrorInfo] = []

        def answered(answer: Message, _blob: bytes) -> None:
            if isinstance(answer, LookSaved):
                self._add(answer.look)
                saved.append(answer.look)
            elif isinstance(answer, Failed):
                refused.append(answer.error)
            if len(saved) + len(refused) == len(paths):
                self.imported.emit(tuple(saved), tuple(refused))

        for path in paths:
            self._client.send(LookSave(lut=WirePath.of(path)), answered)

    def rename(self, look_id: str, name: str) -> None:
        """Give a look another name."""
        known = self._by_id.get(look_id)
        if known is None or not name or name == known.name:
            return
        renamed = msgspec.structs.replace(known, name=name)
        others = [each for each in self._looks if each.look_id != look_id]
        self._take(sorted((*others, renamed), key=_by_name))
        self._send(LookRename(look_id=look_id, name=name))

    def delete(self, look_id: str) -> None:
        """Take a look out of the library; :meth:`restore` brings it back."""
        self._take(each for each in self._looks if each.look_id != look_id)
        self._send(LookDelete(look_id=look_id))

    def restore(self, look_id: str) -> None:
        """Bring a deleted look back."""
        self._send(LookRestore(look_id=look_id))

    def export(self, look_id: str, output: bytes, then: Callable[[LutConverted], object]) -> None:
        """Write a look to a ``.cube`` or, as a Hald CLUT, to a ``.png``; *then* hears of it."""

        def written(answer: Message) -> None:
            if isinstance(answer, LutConverted):
                then(answer)

        self._send(LookExport(look_id=look_id, output=WirePath.of(output)), written)

    def _send(self, request: Message, then: Then | None = None) -> None:
        def answered(answer: Message, _blob: bytes) -> None:
            if isinstance(answer, Failed):
                self.refresh()
                if answer.error.kind not in _PASSING:
                    self.failed.emit(answer.error)
            elif then is not None:
                then(answer)

        self._client.send(request, answered)

    # ------------------------------------------------------------ hearing

    def _on_saved(self, answer: Message) -> None:
        if isinstance(answer, LookSaved):
            self._add(answer.look)
            self.saved.emit(answer.look, answer.notes)

    def _on_replied(self, message: object, _blob: bytes) -> None:
        if isinstance(message, Looks):
            self._known = True
            self._take(message.looks)

    def _add(self, look: LookInfo) -> None:
        if look.look_id not in self._by_id:
            self._take(sorted((*self._looks, look), key=_by_name))

    def _take(self, looks: Iterable[LookInfo]) -> None:
        self._looks = tuple(looks)
        self._by_id = {each.look_id: each for each in self._looks}
        self.changed.emit()


def _by_name(look: LookInfo) -> tuple[str, str]:
    return look.name.casefold(), look.look_id
