"""What clients may ask to be done with photo files: one piece of work after the other."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from daemon.files.discard import delete_photos, trash_photos
from daemon.files.facts import FactsOf
from daemon.files.ingest import IngestPlan, ingest
from daemon.files.organise import copy_photos, move_photos
from daemon.files.paths import checked, checked_each
from daemon.files.recovery import settle
from daemon.files.rename import plan_names, rename_photos
from daemon.files.reverse import Reversal
from daemon.files.trash import Trash
from daemon.files.turning import TURNS, WriteTurned, turn_photos
from daemon.files.words import titled
from daemon.files.work import Work
from daemon.protocol.errors import ErrorKind, RabbitError, readable
from daemon.protocol.messages import Done
from daemon.protocol.organising import (
    CopyPhotos,
    FileWorkCancel,
    FileWorkDone,
    FileWorkProgress,
    FileWorkStarted,
    IngestRequest,
    Journal,
    JournalRequest,
    RenamePlan,
    RenameRequest,
    RotatePhotos,
    TrashPhotos,
    UndoRequest,
)
from daemon.protocol.peer import Peer, Publish
from daemon.protocol.values import NewName
from daemon.storage.journal import JournalStep, JournalStore
from daemon.tasks import PhotoFacts

log = logging.getLogger(__name__)

MAX_WAITING = 1000
FIRST_WORK_ID = 1 << 30
"""Beyond the ids of requests, which searches for duplicates are known by."""
_PLAN_BYTES = 800_000
_SEPARATOR = os.fsencode(os.sep)

Run = Callable[[Work], None]


class FileWorkService:
    """Renames, moves, copies, turns and discards photos, and undoes it.

    Attributes:
        on_files_changed: Each is called with the paths at which something changed: old and new
            ones of what was moved, sidecars too.
    """

    def __init__(
        self,
        journal: JournalStore,
        publish: Publish,
        facts_of: FactsOf,
        write_turned: WriteTurned,
        *,
        trash: Trash | None = None,
        sidecar_naming: Callable[[], str] = lambda: "full",
    ) -> None:
        """Prepare.

        Args:
            journal: Where every change is noted.
            publish: Tells every client of the journal.
            facts_of: Reads what names are made of.
            write_turned: Has a worker write a turned photo.
            trash: The user's, unless a test has its own.
            sidecar_naming: The setting ``library.sidecar_name``.
        """
        self._journal = journal
        self._facts_of = facts_of
        self._write_turned = write_turned
        self._trash = trash or Trash()
        self._naming = sidecar_naming
        self._reversal = Reversal(self._trash, write_turned)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files")
        self._numbers = itertools.count(FIRST_WORK_ID)
        self._works: dict[int, Work] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._kept = b""
        self.on_files_changed: list[Callable[[Sequence[bytes]], None]] = []
        journal.on_change = lambda undo, redo: publish(Journal(undo=undo, redo=redo))

    @property
    def running(self) -> int:
        """How many pieces of work are under way or wait."""
        return len(self._works)

    def leave_alone(self, folder: bytes) -> None:
        """Change nothing in *folder* from now on: its files belong to image pools."""
        self._kept = folder

    async def recover(self) -> None:
        """Finish, or take back, what a killed daemon had begun; before anything else is done."""
        steps = self._journal.unfinished()
        if steps:
            loop = asyncio.get_running_loop()
            work = Work(next(self._numbers), "undo", _nobody, self._changed)
            await loop.run_in_executor(self._thread, self._recover_all, work, steps)

    async def close(self) -> None:
        """Stop after the file that is worked on."""
        for work in self._works.values():
            work.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._thread.shutdown(wait=True)

    # ------------------------------------------------------------ requests

    async def copy(self, peer: Peer, request: CopyPhotos) -> FileWorkStarted:
        """Copy or move photos with their sidecars."""
        paths = self._free(request.paths) if request.move else checked_each(request.paths)
        folder = checked(request.folder)
        kind = "move" if request.move else "copy"
        act = move_photos if request.move else copy_photos
        return self._start(
            peer, kind, len(paths), request.batch, lambda work, step: act(work, step, paths, folder)
        )

    async def rename(self, peer: Peer, request: RenameRequest) -> FileWorkStarted | RenamePlan:
        """Rename photos by a pattern, or tell what would come of it."""
        paths = self._free(request.paths)
        if request.preview_only:
            return await self._preview(paths, request)

        def run(work: Work, step: JournalStep) -> None:
            facts = work.on_loop(self._facts(paths))
            rename_photos(work, step, plan_names(paths, facts, request.pattern, request.start))

        return self._start(peer, "rename", len(paths), request.batch, run)

    async def trash(self, peer: Peer, request: TrashPhotos) -> FileWorkStarted:
        """Put photos into the trash, or delete them for good."""
        paths = self._free(request.paths)
        if request.permanently:
            return self._enqueue(peer, "delete", lambda work: delete_photos(work, paths))
        return self._start(
            peer,
            "trash",
            len(paths),
            request.batch,
            lambda work, step: trash_photos(work, step, paths, self._trash),
        )

    async def rotate(self, peer: Peer, request: RotatePhotos) -> FileWorkStarted:
        """Turn photos without loss."""
        paths = self._free(request.paths)
        if request.turn not in TURNS:
            known = ", ".join(TURNS)
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"{request.turn!r} is no way to turn a photo.",
                f"Known are {known}.",
            )
        turns = [(path, request.turn) for path in dict.fromkeys(paths)]
        return self._start(
            peer,
            "rotate",
            len(paths),
            request.batch,
            lambda work, step: turn_photos(work, step, turns, self._write_turned),
        )

    async def ingest(self, peer: Peer, request: IngestRequest) -> FileWorkStarted:
        """Copy photos from a card."""
        plan = IngestPlan.of(request, self._naming())

        def run(work: Work) -> None:
            ingest(work, self._journal, plan, lambda paths: work.on_loop(self._facts(paths)))

        return self._enqueue(peer, "ingest", run)

    async def cancel(self, peer: Peer, request: FileWorkCancel) -> Done:
        """Stop work after the file it is at; undo is carried through."""
        del peer
        work = self._works.get(request.work_id)
        if work is not None and work.kind not in ("undo", "redo"):
            work.cancel()
        return Done()

    async def undo(self, peer: Peer, request: UndoRequest) -> FileWorkStarted:
        """Undo the newest step, or do again the one that was undone last."""
        if not self._works and not self._journal.top[1 if request.redo else 0]:
            raise _nothing(redo=request.redo)

        def run(work: Work) -> None:
            self._reversal.run(work, self._journal.reverse_now(redo=request.redo))

        return self._enqueue(peer, "redo" if request.redo else "undo", run)

    async def journal(self, peer: Peer, request: JournalRequest) -> Journal:
        """Tell what can be undone."""
        del peer, request
        undo, redo = self._journal.top
        return Journal(undo=undo, redo=redo)

    # ------------------------------------------------------------ inside

    def _free(self, paths: Iterable[bytes]) -> tuple[bytes, ...]:
        """Return *paths* checked; none of them may be a picture that a pool keeps.

        Raises:
            RabbitError: ``invalid_request``.
        """
        found = checked_each(paths)
        held = [path for path in found if self._kept and path.startswith(self._kept + _SEPARATOR)]
        if held:
            name = readable(os.fsdecode(os.path.basename(held[0])))
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"{name} is a picture of an image pool, which keeps it with its mask.",
                "Take it out of the pool in the Pool tab, or copy it elsewhere first.",
            )
        return found

    async def _preview(self, paths: Sequence[bytes], request: RenameRequest) -> RenamePlan:
        try:
            facts = await self._facts(paths)
            plan = await asyncio.to_thread(plan_names, paths, facts, request.pattern, request.start)
        except RabbitError as error:
            if error.info.kind is not ErrorKind.INVALID_REQUEST:
                raise
            return RenamePlan(names=(), problem=f"{error.info.message} {error.info.hint}".strip())
        names = plan.names(paths)
        if _size(names) > _PLAN_BYTES:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"The names of {len(paths)} photos do not fit into one answer.",
                "Ask for fewer at once.",
            )
        return RenamePlan(names=names)

    async def _facts(self, paths: Sequence[bytes]) -> Mapping[bytes, PhotoFacts]:
        return await self._facts_of(paths)

    def _start(
        self,
        peer: Peer,
        kind: str,
        count: int,
        batch: str,
        run: Callable[[Work, JournalStep], None],
    ) -> FileWorkStarted:
        """Let *run* work within a step of the journal."""

        def with_step(work: Work) -> None:
            step = self._journal.begin_now(kind, titled(kind, count), batch)
            try:
                run(work, step)
            finally:
                work.can_undo = not step.is_empty
                step.commit_now()

        return self._enqueue(peer, kind, with_step)

    def _enqueue(self, peer: Peer, kind: str, run: Run) -> FileWorkStarted:
        if len(self._works) >= MAX_WAITING:
            raise RabbitError(
                ErrorKind.INVALID_REQUEST,
                f"{MAX_WAITING} pieces of work on files are waiting already.",
                "Try again when they are done.",
            )
        work = Work(next(self._numbers), kind, peer.send, self._changed)
        self._works[work.work_id] = work
        task = asyncio.create_task(self._carry_out(peer, work, run), name=f"file work {kind}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return FileWorkStarted(work_id=work.work_id)

    async def _carry_out(self, peer: Peer, work: Work, run: Run) -> None:
        loop = asyncio.get_running_loop()
        done = await loop.run_in_executor(self._thread, _ended, work, run)
        del self._works[work.work_id]
        peer.send(done)

    def _recover_all(self, work: Work, steps: Sequence[JournalStep]) -> None:
        """Settle what was under way; an undo is carried through, all else ends where it was."""
        for step in steps:
            try:
                work.files_changed(settle(step))
                if step.reversing:
                    self._reversal.run(work, step)
                else:
                    step.commit_now()
            except RabbitError as error:
                log.warning("%s could not be brought to an end: %s", step.title, error)
        for failed in work.failed:
            log.warning("%s", failed.error.message)

    def _changed(self, paths: tuple[bytes, ...]) -> None:
        for callback in self.on_files_changed:
            callback(paths)


def _ended(work: Work, run: Run) -> FileWorkDone:
    """Run in the thread of file work; no failure gets out of here."""
    try:
        if not work.cancelled:
            run(work)
    except RabbitError as error:
        return work.ended(error)
    except Exception as error:
        log.exception("file work %s failed", work.kind)
        return work.ended(
            RabbitError(
                ErrorKind.INTERNAL,
                "Work on files failed inside RabbitViewer; what was done is in the journal.",
                "The daemon's log has the details; `rabbitviewer daemon status` names it.",
                {"error": repr(error)},
            )
        )
    return work.ended()


def _nobody(progress: FileWorkProgress) -> None:
    del progress


def _nothing(*, redo: bool) -> RabbitError:
    what = "done again" if redo else "undone"
    return RabbitError(ErrorKind.NOTHING_TO_UNDO, f"There is nothing that could be {what}.")


def _size(names: Sequence[NewName]) -> int:
    return sum(len(each.path) + len(each.name) + len(each.problem) + 16 for each in names)
