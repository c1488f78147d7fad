"""A daemon for tests of painting: one pool in memory, paintings as real files to be mapped."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path

from daemon.protocol.endpoint import Folders
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    Failed,
    FolderChunk,
    FolderOpen,
    MaskChange,
    MaskChanged,
    MaskClose,
    MaskOpen,
    MaskOpened,
    MaskSave,
    Message,
    PoolActive,
    PoolAdd,
    PoolList,
    PoolManifest,
    PreviewRequest,
    SurfaceReady,
)
from daemon.protocol.values import PhotoEntry, PoolSlot
from tests.fakes.daemon import Answer, FakeDaemon

POOL = "3f0c0a52-0000-4000-8000-000000000001"
FOLDER = b"/photos"
NAMES = (b"IMG_0001.jpg", b"IMG_0002.jpg", b"IMG_0003.jpg")
PATHS = tuple(FOLDER + b"/" + name for name in NAMES)
OFFSET = 4096
NO_SPACE = ErrorInfo(
    ErrorKind.DISK_FULL, "The mask could not be written: the disk is full.", "Free some space."
)

Changed = tuple[int, int, int, int, bytes]


@dataclasses.dataclass
class FakePool:
    """What the daemon has: slots, and the values of their masks.

    Attributes:
        size: Width and height of every photo, pixels.
        gray: Of every photo.
        masks: Saved values by slot.
        sessions: The slot of each open painting.
        save_error: What saving and closing are answered by; None: they work.
        changes: Answers to changes by name: left, top, width, height, values.
        refusals: Refusals of changes by name, unless they may be resized.
    """

    folders: Folders
    daemon: FakeDaemon
    size: tuple[int, int] = (400, 300)
    gray: int = 0x80
    slots: list[PoolSlot] = dataclasses.field(default_factory=list[PoolSlot])
    active: int = -1
    masks: dict[str, bytes] = dataclasses.field(default_factory=dict[str, bytes])
    sessions: dict[int, str] = dataclasses.field(default_factory=dict[int, str])
    save_error: ErrorInfo | None = None
    changes: dict[str, Changed] = dataclasses.field(default_factory=dict[str, Changed])
    refusals: dict[str, ErrorInfo] = dataclasses.field(default_factory=dict[str, ErrorInfo])
    last_session: int = 0

    def listen(self) -> None:
        """Answer as a daemon with this pool does."""
        for kind, answer in (
            (FolderOpen, self._folder),
            (PreviewRequest, self._preview),
            (PoolList, lambda _request: (self.manifest(),)),
            (PoolAdd, self._add),
            (PoolActive, self._activate),
            (MaskOpen, self._open),
            (MaskSave, self._save),
            (MaskClose, self._close),
            (MaskChange, self._change),
        ):
            self.daemon.answer(kind, answer)

    def manifest(self) -> PoolManifest:
        """Return the pool as it is told."""
        return PoolManifest(
            pool_id=POOL, name="Pool", active=self.active, slots=tuple(self.slots), pools=()
        )

    def values(self, slot: str = "img_0001") -> bytes:
        """Return what stands in the file that is painted, or what was saved."""
        file = self.painting(slot)
        return file.read_bytes()[OFFSET:] if file.exists() else self.masks.get(slot, b"")

    def value(self, column: int, row: int, slot: str = "img_0001") -> int:
        """Return one value of a mask."""
        return self.values(slot)[row * self.size[0] + column]

    def painting(self, slot: str) -> Path:
        """Return where the values of a slot stand while it is painted."""
        return self.folders.data / "pools" / POOL / f"{slot}.painting"

    def make_painting(self, slot: str) -> Path:
        """Write the file that the window maps, as a new one."""
        file = self.painting(slot)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        empty = bytes(self.size[0] * self.size[1])
        file.write_bytes(bytes(OFFSET) + self.masks.get(slot, empty))
        return file

    def put_in(self, *paths: bytes) -> None:
        """Put photos into the pool."""
        for path in paths:
            self.slots.append(PoolSlot(slot=f"img_{len(self.slots) + 1:04d}", path=path))
        self.active = 0 if self.active < 0 else self.active

    # ------------------------------------------------------------ answers

    def _folder(self, request: Message) -> Iterable[Answer]:
        assert isinstance(request, FolderOpen)
        photos = tuple(PhotoEntry(name, 1000, 1) for name in NAMES)
        yield FolderChunk(listing_id=request.listing_id, path=FOLDER, entries=photos, last=True)

    def _preview(self, request: Message) -> Iterable[Answer]:
        assert isinstance(request, PreviewRequest)
        width, height = self.size
        ready = SurfaceReady(
            path=bytes(request.path),
            surface_path=b"",
            surface_id=0,
            width_px=width,
            height_px=height,
            stride_bytes=4 * width,
            source_width_px=width,
            source_height_px=height,
            quality="full",
        )
        yield ready, bytes((self.gray, self.gray, self.gray, 255)) * (width * height)

    def _add(self, request: Message) -> Iterable[Answer]:
        assert isinstance(request, PoolAdd)
        self.put_in(*map(bytes, request.paths))
        if request.activate:
            self.active = len(self.slots) - 1
        yield self.manifest()

    def _activate(self, request: Message) -> Iterable[Answer]:
        assert isinstance(request, PoolActive)
        names = [each.slot for each in self.slots]
        self.active = names.index(request.slot)
        yield self.manifest()

    def _open(self, request: Message) -> Iterable[Answer]:
        assert isinstance(request, MaskOpen)
        slot = next((each for each in self.slots if each.slot == request.slot), None)
        if slot is None:
            yield Failed(error=ErrorInfo(ErrorKind.NOT_FOUND, "There is no such photo.", ""))
            return
        self.last_session += 1
        self.sessions[self.last_session] = slot.slot
        yield MaskOpened(
            session_id=self.last_session,
            pool_id=POOL,
            slot=slot.slot,
            path=slot.path,
            width_px=self.size[0],
            height_px=self.size[1],
            values_path=os.fsencode(self.make_painting(slot.slot)),
            offset=OFFSET,
        )

    def _save(self, request: Message) -> Iterable[Answer]:
        assert isinstance(request, MaskSave)
        yield self._saved(self.sessions[request.session_id])

    def _close(self, request: Message) -> Iterable[Answer]:
        assert isinstance(request, MaskClose)
        slot = self.sessions[request.session_id]
        answer = self._saved(slot)
        if self.save_error is None:
            del self.sessions[request.session_id]
            self.painting(slot).unlink()
        yield answer

    def _saved(self, slot: str) -> Message:
        if self.save_error is not None:
            return Failed(error=self.save_error)
        self.masks[slot] = self.values(slot)
        return self.manifest()

    def _change(self, request: Message) -> Iterable[Answer]:
        assert isinstance(request, MaskChange)
        refusal = self.refusals.get(request.change)
        if refusal is not None and not request.resize:
            yield Failed(error=refusal)
        elif request.change in self.changes:
            left, top, width, height, values = self.changes[request.change]
            surfaces = self.folders.cache / "surfaces"
            surfaces.mkdir(parents=True, exist_ok=True)
            file = surfaces / f"{request.request_id}.surface"
            file.write_bytes(values)
            yield MaskChanged(
                session_id=request.session_id,
                left_px=left,
                top_px=top,
                width_px=width,
                height_px=height,
                surface_path=os.fsencode(file),
                surface_id=request.request_id,
            )
