"""What a user's script may do: the photos it was given, and the daemon behind a few plain words.

The daemon does the work, so that sidecars travel along, the journal can undo it and every open
window hears of it. Everything here waits until it is done; the script runs in its own process.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import (
    AiEditAccepted,
    AiEditCancelled,
    AiEditComplete,
    AiEditFailed,
    AiEditRequest,
    CopyPhotos,
    FileWorkDone,
    FileWorkProgress,
    FileWorkStarted,
    Marks,
    MarksRequest,
    MarksSet,
    Message,
    PhotoInfo,
    PhotoInfoRequest,
    RenameRequest,
    SetMarks,
    TrashPhotos,
    WirePath,
)
from daemon.protocol.values import PhotoMarks
from rabbitviewer.ipc.blocking import DaemonConnection

AT_ONCE: Final = 500
Tell = Callable[[Mapping[str, object]], None]
PathLike = str | bytes | os.PathLike[str]
Answer = TypeVar("Answer", bound=Message)


class Photo:
    """One photo, as scripts see it."""

    def __init__(self, path: bytes, api: Api) -> None:
        self.path: Final = path
        self._api = api
        self._facts: dict[str, object] | None = None

    def __repr__(self) -> str:
        return f"Photo({self.name!r})"

    @property
    def name(self) -> str:
        """Its file name as text."""
        return self.path.rpartition(os.fsencode(os.sep))[2].decode("utf-8", "replace")

    @property
    def rating(self) -> int:
        """0 to 5."""
        return self._api.marks_of(self.path).rating

    @property
    def label(self) -> str:
        """``red``, ``yellow``, ``green``, ``blue``, ``purple``; empty: none."""
        return self._api.marks_of(self.path).label

    @property
    def flag(self) -> str:
        """``pick`` or ``reject``; empty: none."""
        return self._api.marks_of(self.path).flag

    @property
    def title(self) -> str:
        """Its title; empty: none."""
        return self._api.marks_of(self.path).title

    @property
    def keywords(self) -> tuple[str, ...]:
        """Its keywords, hierarchies with ``|``."""
        return self._api.marks_of(self.path).keywords

    @property
    def facts(self) -> dict[str, object]:
        """What decoder and metadata say: ``width``, ``height``, ``format``, EXIF by name.

        Raises:
            RabbitError: the photo cannot be read.
        """
        if self._facts is None:
            info = self._api.ask(PhotoInfoRequest(path=WirePath(self.path)), PhotoInfo)
            self._facts = {
                **info.metadata,
                "format": info.format,
                "width": info.width_px,
                "height": info.height_px,
                "size_bytes": info.size_bytes,
                "bit_depth": info.bit_depth,
                "color_space": info.color_space,
            }
        return self._facts


class Api:
    """The program, as scripts see it. Photos are those of ``run``, or paths."""

    def __init__(self, connection: DaemonConnection, paths: Sequence[bytes], tell: Tell) -> None:
        self._connection = connection
        self._tell = tell
        self._batch = f"script-{uuid.uuid4().hex}"
        self._marks: dict[bytes, PhotoMarks] = {}
        self.photos: Final = tuple(Photo(path, self) for path in paths)

    # ------------------------------------------------------------ telling the user

    def message(self, text: object) -> None:
        """Say *text* in the window."""
        self._tell({"message": str(text)})

    def progress(self, done: int, total: int) -> None:
        """Say how far the script is."""
        self._tell({"progress": [int(done), int(total)]})

    def open_folder(self, folder: PathLike) -> None:
        """Show *folder* in the window."""
        self._tell({"open_folder": _path(folder).hex()})

    # ------------------------------------------------------------ marks

    def set_rating(self, photos: Photos, stars: int) -> int:
        """Give photos 0 to 5 stars; return how many were changed."""
        return self._mark(photos, lambda part: SetMarks(paths=part, rating=int(stars)))

    def set_label(self, photos: Photos, label: str) -> int:
        """Give photos a label (empty: none); return how many were changed."""
        return self._mark(photos, lambda part: SetMarks(paths=part, label=label))

    def set_flag(self, photos: Photos, flag: str) -> int:
        """Mark photos as ``pick`` or ``reject`` (empty: neither)."""
        return self._mark(photos, lambda part: SetMarks(paths=part, flag=flag))

    def set_title(self, photos: Photos, title: str) -> int:
        """Give photos a title."""
        return self._mark(photos, lambda part: SetMarks(paths=part, title=title))

    def add_keywords(self, photos: Photos, *keywords: str) -> int:
        """Add keywords to photos."""
        return self._mark(photos, lambda part: SetMarks(paths=part, add_keywords=keywords))

    def remove_keywords(self, photos: Photos, *keywords: str) -> int:
        """Take keywords from photos."""
        return self._mark(photos, lambda part: SetMarks(paths=part, remove_keywords=keywords))

    def marks_of(self, path: bytes) -> PhotoMarks:
        """Return rating, label, flag, title and keywords of one photo."""
        if path not in self._marks:
            known = [photo.path for photo in self.photos if photo.path not in self._marks]
            wanted = known if path in known else [path]
            for part in _parts(wanted):
                answer = self.ask(MarksRequest(paths=part), Marks)
                self._marks.update({marks.path: marks for marks in answer.marks})
        return self._marks.get(path, PhotoMarks(path=path))

    # ------------------------------------------------------------ files

    def copy(self, photos: Photos, folder: PathLike) -> list[bytes]:
        """Copy photos with their sidecars into *folder*; return the new paths."""
        return self._to(photos, folder, move=False)

    def move(self, photos: Photos, folder: PathLike) -> list[bytes]:
        """Move photos with their sidecars into *folder*; return the new paths."""
        return self._to(photos, folder, move=True)

    def rename(self, photos: Photos, pattern: str, *, start: int = 1) -> list[bytes]:
        """Rename photos by a pattern such as ``{date:%Y-%m-%d}_{n:04}``; return the new paths."""
        done: list[bytes] = []
        for part in _parts(_paths(photos)):
            first = start + len(done)
            request = RenameRequest(paths=part, pattern=pattern, start=first, batch=self._batch)
            done += self._work(request)
        return done

    def trash(self, photos: Photos) -> None:
        """Put photos with their sidecars into the trash."""
        for part in _parts(_paths(photos)):
            self._work(TrashPhotos(paths=part, batch=self._batch))

    def _to(self, photos: Photos, folder: PathLike, *, move: bool) -> list[bytes]:
        target, done = WirePath(_path(folder)), list[bytes]()
        for part in _parts(_paths(photos)):
            done += self._work(CopyPhotos(paths=part, folder=target, move=move, batch=self._batch))
        return done

    # ------------------------------------------------------------ grades

    def grade(
        self,
        photos: Photos,
        prompt: str,
        *,
        strength: float = 1.0,
        workflow: str = "",
        host: str = "",
        seed: int | None = None,
    ) -> list[bytes]:
        """Grade photos from words; wait until all are done and return the results' paths.

        Raises:
            RabbitError: a grade failed or was cancelled.
        """
        waiting: dict[str, int] = {}
        paths = _paths(photos)
        results: list[bytes] = [b""] * len(paths)
        for place, path in enumerate(paths):
            request = AiEditRequest(
                path=WirePath(path),
                prompt=prompt,
                strength=strength,
                workflow=workflow,
                host=host,
                seed=seed,
            )
            waiting[self.ask(request, AiEditAccepted).job_id] = place
        while waiting:
            event = self._connection.next_event()
            if isinstance(event, AiEditComplete) and event.job_id in waiting:
                results[waiting.pop(event.job_id)] = event.result_path
                self.progress(len(paths) - len(waiting), len(paths))
            elif isinstance(event, AiEditFailed) and event.job_id in waiting:
                raise RabbitError.from_info(event.error)
            elif isinstance(event, AiEditCancelled) and event.job_id in waiting:
                raise RabbitError(ErrorKind.CANCELLED, "The grade was cancelled.", "")
        return results

    # ------------------------------------------------------------ the daemon

    def ask(self, request: Message, answer: type[Answer]) -> Answer:
        """Send one request of the protocol (docs/protocol.md) and return its answer.

        Raises:
            RabbitError: what the daemon says.
        """
        return self._connection.request(request, answer, timeout_s=None)

    def _mark(self, photos: Photos, request_for: Callable[[Wire], SetMarks]) -> int:
        changed = 0
        for part in _parts(_paths(photos)):
            request = request_for(part)
            answer = self.ask(msgspec.structs.replace(request, batch=self._batch), MarksSet)
            if answer.failed:
                raise RabbitError.from_info(answer.failed[0].error)
            changed += answer.changed
            for path in part:
                self._marks.pop(bytes(path), None)
        return changed

    def _work(self, request: Message) -> list[bytes]:
        """Start work on files, wait for its end and return the new paths."""
        work_id = self.ask(request, FileWorkStarted).work_id
        while True:
            event = self._connection.next_event()
            if isinstance(event, FileWorkProgress) and event.work_id == work_id:
                self.progress(event.done, event.total)
            elif isinstance(event, FileWorkDone) and event.work_id == work_id:
                break
        problem = event.error or (event.failed[0].error if event.failed else None)
        if problem is not None:
            raise RabbitError.from_info(problem)
        return [new for _old, new in event.moved]


Photos = Photo | PathLike | Iterable[Photo | PathLike]
Wire = tuple[WirePath, ...]


def _path(photo: Photo | PathLike) -> bytes:
    path = photo.path if isinstance(photo, Photo) else os.fsencode(photo)
    return os.fsencode(Path(os.fsdecode(path)).expanduser().absolute())


def _paths(photos: Photos) -> list[bytes]:
    if isinstance(photos, (Photo, str, bytes, os.PathLike)):
        return [_path(photos)]
    return [_path(photo) for photo in photos]


def _parts(paths: Sequence[bytes]) -> Iterator[Wire]:
    for first in range(0, len(paths), AT_ONCE):
        yield tuple(WirePath(path) for path in paths[first : first + AT_ONCE])
