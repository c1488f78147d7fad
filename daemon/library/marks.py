"""What clients may ask about ratings, labels, flags, titles and keywords."""

from __future__ import annotations

import asyncio
import contextlib
import os
import zlib
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from pathlib import Path

from daemon.library.marks_aside import AsideMarks
from daemon.library.marks_writing import MarksWriter, Written
from daemon.library.threads import FileThreads
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.organising import Marks, MarksRequest, MarksSet, SetMarks
from daemon.protocol.peer import Peer, Publish
from daemon.protocol.values import PathFailure, PhotoMarks
from daemon.settings import SettingsStore
from daemon.sidecars import MarksChange, Said, photos_of, read_marks
from daemon.storage.journal import JournalStore

LABELS = ("", "red", "yellow", "green", "blue", "purple")
FLAGS = ("", "pick", "reject")
MOST_STARS = 5
MOST_READ = 1000
_MOST_TEXT = 2000
_MOST_KEYWORDS = 200
_MOST_FAILURES = 500
_LANES = 4
_SLICE = 32
_TOLD = 128
_END_S = 10.0
_EVENT_BYTES = 500_000

OnMarks = Callable[[Sequence[PhotoMarks]], None]


class MarksService:
    """Reads and changes what is said of photos.

    Changes in one folder are carried out in the order in which they were asked for, those of
    different folders side by side: a sleeping drive holds up nobody else.

    Attributes:
        on_marks: Called with the photos of which something else is said now.
    """

    def __init__(
        self, journal: JournalStore, publish: Publish, settings: SettingsStore, folder: Path
    ) -> None:
        """Prepare; :meth:`open` reads.

        Args:
            journal: Where changes are noted, for undo.
            publish: Tells every client.
            settings: ``library.sidecar_name``.
            folder: For photos whose folders cannot be written.
        """
        self._journal = journal
        self._publish = publish
        self._settings = settings
        self._threads = FileThreads()
        self._aside = AsideMarks(folder)
        self._queues: dict[bytes, tuple[asyncio.Lock, int]] = {}
        self._working: set[asyncio.Task[MarksSet] | asyncio.Task[None]] = set()
        self._closing = False
        self.on_marks: OnMarks = _nobody

    async def open(self) -> None:
        """Read what is kept for folders that cannot be written."""
        await self._threads.run(self._aside.load)

    async def close(self) -> None:
        """Finish what was begun; a drive that sleeps is not waited for long."""
        self._closing = True
        if self._working:
            await asyncio.wait(self._working, timeout=_END_S)
        self._threads.close()

    def said_aside(self, path: bytes, sidecar_mtime_ns: int) -> Said | None:
        """Return what is said of a photo in a folder that cannot be written; None: nothing."""
        return self._aside.said(path, sidecar_mtime_ns)

    # ------------------------------------------------------------ asking

    async def marks(self, peer: Peer, request: MarksRequest) -> Marks:
        """Read what is said of photos."""
        del peer
        if len(request.paths) > MOST_READ:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"The marks of {len(request.paths):,} photos were asked for at once.",
                f"Ask for {MOST_READ:,} at a time.",
            )
        return Marks(marks=await self._read([bytes(path) for path in request.paths]))

    async def set_marks(self, peer: Peer, request: SetMarks) -> MarksSet:
        """Change what is said of photos; answered when the sidecars are on the disk."""
        del peer
        change = _checked(request)
        paths = list(dict.fromkeys(bytes(path) for path in request.paths))
        for path in paths:
            if not os.path.isabs(path) or b"\0" in path:
                raise RabbitError(ErrorKind.INVALID_REQUEST, "A photo's path is not absolute.")
        # a client that leaves does not leave a change half made
        task = asyncio.create_task(self._set(paths, change, request.batch))
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return await asyncio.shield(task)

    async def files_changed(self, paths: Iterable[bytes]) -> None:
        """Photos or sidecars were changed by undo or other file work: tell what is said now."""
        if not self._closing:
            task = asyncio.create_task(self._hear(tuple(paths)))
            self._working.add(task)
            task.add_done_callback(self._working.discard)
            await asyncio.shield(task)

    # ------------------------------------------------------------ inside

    async def _hear(self, paths: Sequence[bytes]) -> None:
        photos: dict[bytes, None] = {}
        for path in paths:
            if self._aside.holds(path):
                found = await self._threads.run(self._aside.reload, path)
            elif path.lower().endswith(b".xmp"):
                found = await self._threads.run(photos_of, path)
            else:
                found = (path,)
            photos.update(dict.fromkeys(found))
        every = list(photos)
        for start in range(0, len(every), _TOLD):
            if self._closing:
                return
            self._tell(await self._read(every[start : start + _TOLD]))

    async def _read(self, paths: Sequence[bytes]) -> tuple[PhotoMarks, ...]:
        def read(some: Sequence[bytes]) -> list[PhotoMarks]:
            return [self._aside.over(read_marks(path)) for path in some]

        lanes = [paths[lane::_LANES] for lane in range(_LANES)]
        found = await asyncio.gather(*(self._threads.run(read, lane) for lane in lanes if lane))
        by_path = {marks.path: marks for lane in found for marks in lane}
        return tuple(by_path[path] for path in paths)

    async def _set(self, paths: Sequence[bytes], change: MarksChange, batch: str) -> MarksSet:
        folders: dict[bytes, list[bytes]] = {}
        for path in paths:
            folders.setdefault(os.path.dirname(path), []).append(path)
        begun = asyncio.ensure_future(
            self._journal.begin("marks", _title(change, len(paths)), batch)
        )
        naming = self._settings.current.library.sidecar_name

        async def in_folder(folder: bytes, some: list[bytes]) -> list[Written]:
            async with self._turn(folder):
                step = await asyncio.shield(begun)
                writer = MarksWriter(change, step, self._aside, naming=naming)
                written = await asyncio.gather(*(self._lane(writer, one) for one in _lanes(some)))
                return [each for lane in written for each in lane]

        ended = await asyncio.gather(
            *(in_folder(*one) for one in folders.items()), return_exceptions=True
        )
        await (await begun).commit()
        every: list[list[Written]] = []
        for one in ended:
            if isinstance(one, BaseException):
                raise one
            every.append(one)
        results = [written for lane in every for written in lane]
        failed = tuple(failure for one in results for failure in one.failed)
        return MarksSet(changed=sum(len(one.marks) for one in results), failed=_few_enough(failed))

    @contextlib.asynccontextmanager
    async def _turn(self, folder: bytes) -> AsyncGenerator[None]:
        """Wait until those who came before are done with a folder."""
        queue, waiting = self._queues.get(folder, (asyncio.Lock(), 0))
        self._queues[folder] = (queue, waiting + 1)
        try:
            async with queue:
                yield
        finally:
            queue, waiting = self._queues.pop(folder)
            if waiting > 1:
                self._queues[folder] = (queue, waiting - 1)

    async def _lane(self, writer: MarksWriter, paths: Sequence[bytes]) -> list[Written]:
        done: list[Written] = []
        for start in range(0, len(paths), _SLICE):
            some = paths[start : start + _SLICE]
            try:
                written = await self._threads.run(writer.write, some)
            except RabbitError as error:
                written = Written(failed=[PathFailure(path, error.info) for path in some])
            done.append(written)
            self._tell(tuple(written.marks))
        return done

    def _tell(self, marks: Sequence[PhotoMarks]) -> None:
        if not marks:
            return
        self.on_marks(marks)
        for piece in _pieces(marks):
            self._publish(Marks(marks=piece))


def _checked(request: SetMarks) -> MarksChange:
    """Return the change that is asked for.

    Raises:
        RabbitError: a value is none that there is.
    """
    wrong = ""
    if request.rating is not None and not 0 <= request.rating <= MOST_STARS:
        wrong = f"a rating of {request.rating}; there are 0 to {MOST_STARS} stars"
    elif request.label is not None and request.label not in LABELS:
        wrong = f"the label '{request.label}'; there are {', '.join(LABELS[1:])}"
    elif request.flag is not None and request.flag not in FLAGS:
        wrong = f"the flag '{request.flag}'; there are {', '.join(FLAGS[1:])}"
    elif len(request.title or "") > _MOST_TEXT:
        wrong = f"a title of more than {_MOST_TEXT:,} letters"
    elif max(len(request.add_keywords), len(request.remove_keywords)) > _MOST_KEYWORDS:
        wrong = f"more than {_MOST_KEYWORDS} keywords at once"
    added = _keywords(request.add_keywords)
    if any(len(word) > _MOST_TEXT for word in added):
        wrong = f"a keyword of more than {_MOST_TEXT:,} letters"
    if wrong:
        raise RabbitError(ErrorKind.INVALID_REQUEST, f"Photos cannot be given {wrong}.")
    return MarksChange(
        rating=request.rating,
        label=request.label,
        flag=request.flag,
        title=None if request.title is None else request.title.strip(),
        add_keywords=added,
        remove_keywords=request.remove_keywords,
    )


def _keywords(words: Iterable[str]) -> tuple[str, ...]:
    """Return keywords without white space and empty levels at their ends, each once."""
    levels = ([level.strip() for level in word.split("|")] for word in words)
    joined = ("|".join(level for level in one if level) for one in levels)
    return tuple(dict.fromkeys(word for word in joined if word))


def _title(change: MarksChange, count: int) -> str:
    photos = f"{count:,} photo{'' if count == 1 else 's'}"
    said = [
        *(["Rate"] if change.rating is not None else []),
        *(["Label"] if change.label is not None else []),
        *(["Flag"] if change.flag is not None else []),
        *(["Title"] if change.title is not None else []),
        *(["Change keywords of"] if change.add_keywords or change.remove_keywords else []),
    ]
    return f"{said[0] if len(said) == 1 else 'Mark'} {photos}"


def _lanes(paths: Sequence[bytes]) -> list[list[bytes]]:
    """Spread photos over the lanes; those that may share a sidecar go together."""
    lanes: list[list[bytes]] = [[] for _ in range(_LANES)]
    for path in paths:
        lanes[zlib.crc32(os.path.splitext(path)[0]) % _LANES].append(path)
    return [lane for lane in lanes if lane]


def _pieces(marks: Sequence[PhotoMarks]) -> Iterable[tuple[PhotoMarks, ...]]:
    """Cut marks into what one message holds."""
    piece: list[PhotoMarks] = []
    size = 0
    for one in marks:
        own = 100 + 2 * len(one.path) + 4 * len(one.title)
        own += sum(5 + 4 * len(word) for word in one.keywords)
        if piece and size + own > _EVENT_BYTES:
            yield tuple(piece)
            piece, size = [], 0
        piece.append(one)
        size += own
    if piece:
        yield tuple(piece)


def _few_enough(failed: tuple[PathFailure, ...]) -> tuple[PathFailure, ...]:
    return failed[:_MOST_FAILURES]


def _nobody(marks: Sequence[PhotoMarks]) -> None:
    del marks
