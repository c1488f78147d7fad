"""Marks by key on the selection: shown at once, sent in pieces, failures told."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from daemon.protocol import messages
from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.values import PathFailure, PhotoEntry, PhotoMarks
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.marks import Change, MarksModel, Writing
from tests.fakes.daemon import FakeDaemon

COUNT = 1200


def name(number: int) -> bytes:
    return b"%05d.jpg" % number


def path(number: int) -> bytes:
    return b"/photos/" + name(number)


@pytest.fixture
def listing(qtbot: QtBot, client: DaemonClient, fake_daemon: FakeDaemon) -> ListingModel:
    """A folder of many photos."""

    def chunk(request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, messages.FolderOpen)
        entries = tuple(PhotoEntry(name(number), 1, 1) for number in range(COUNT))
        chunk = messages.FolderChunk(
            listing_id=request.listing_id, path=b"/photos", entries=entries, last=True
        )
        return [chunk]

    fake_daemon.answer(messages.FolderOpen, chunk)
    listing = ListingModel(client)
    listing.open(b"/photos")
    qtbot.waitUntil(lambda: len(listing) == COUNT)
    return listing


@pytest.fixture
def marks(client: DaemonClient, listing: ListingModel) -> MarksModel:
    return MarksModel(client, listing)


def written(request: messages.Message) -> list[messages.Message]:
    assert isinstance(request, messages.SetMarks)
    return [messages.MarksSet(changed=len(request.paths))]


def test_a_rating_shows_before_it_is_written(marks: MarksModel, listing: ListingModel) -> None:
    marks.change([path(3)], Change(rating=4, label="blue", flag="pick"))
    shown = listing.marks(3)
    assert (shown.rating, shown.label, shown.flag) == (4, 4, 1)


def test_many_photos_are_sent_in_pieces_that_are_one_step_of_undo(
    qtbot: QtBot, marks: MarksModel, listing: ListingModel, fake_daemon: FakeDaemon
) -> None:
    fake_daemon.answer(messages.SetMarks, written)
    chosen = [path(number) for number in range(COUNT)]
    with qtbot.waitSignal(marks.written) as done:
        marks.change(chosen, Change(rating=2))
    requests = fake_daemon.of(messages.SetMarks)
    assert len(requests) > 1
    assert len({request.batch for request in requests}) == 1
    assert [bytes(each) for request in requests for each in request.paths] == chosen
    assert done.args is not None
    assert done.args[0].changed == COUNT
    assert listing.marks(COUNT - 1).rating == 2


def test_what_could_not_be_written_is_shown_as_it_is(
    qtbot: QtBot, marks: MarksModel, listing: ListingModel, fake_daemon: FakeDaemon
) -> None:
    error = ErrorInfo(ErrorKind.UNREADABLE, "The sidecar 00001.xmp cannot be used.")
    failure = PathFailure(path(1), error)
    fake_daemon.answer(
        messages.SetMarks, lambda _: [messages.MarksSet(changed=0, failed=(failure,))]
    )
    fake_daemon.answer(
        messages.MarksRequest,
        lambda _: [messages.Marks(marks=(PhotoMarks(path=path(1), rating=1),))],
    )
    with qtbot.waitSignal(marks.written) as done:
        marks.change([path(1)], Change(rating=5))
    assert done.args is not None
    assert done.args[0].failed == [failure]
    qtbot.waitUntil(lambda: listing.marks(1).rating == 1)


def test_a_refusal_ends_the_change_and_is_told(
    qtbot: QtBot, marks: MarksModel, fake_daemon: FakeDaemon
) -> None:
    error = ErrorInfo(ErrorKind.DISK_FULL, "The disk is full.")
    fake_daemon.answer(messages.SetMarks, lambda _: [messages.Failed(error=error)])
    with qtbot.waitSignal(marks.written) as done:
        marks.change([path(1)], Change(rating=5))
    assert done.args is not None
    told = done.args[0]
    assert isinstance(told, Writing)
    assert told.error == error


def test_marks_changed_elsewhere_are_known(
    qtbot: QtBot, marks: MarksModel, fake_daemon: FakeDaemon
) -> None:
    told = PhotoMarks(path=path(7), rating=3, label="green", keywords=("gull",))
    with qtbot.waitSignal(marks.changed):
        fake_daemon.publish(messages.Marks(marks=(told,)))
    assert marks.marks(path(7)) == told


def test_news_of_our_own_change_does_not_undo_a_later_one(
    qtbot: QtBot, marks: MarksModel, listing: ListingModel, fake_daemon: FakeDaemon
) -> None:
    marks.change([path(2)], Change(rating=1))
    marks.change([path(2)], Change(rating=5))
    with qtbot.waitSignal(marks.changed):
        fake_daemon.publish(
            messages.Marks(
                marks=(PhotoMarks(path=path(2), rating=1), PhotoMarks(path=path(3), rating=1))
            )
        )
    assert listing.marks(2).rating == 5


def test_what_photos_share_is_told(
    qtbot: QtBot, marks: MarksModel, fake_daemon: FakeDaemon
) -> None:
    said = (
        PhotoMarks(path=path(1), rating=3, flag="pick", keywords=("a", "b")),
        PhotoMarks(path=path(2), rating=4, flag="pick", keywords=("b",)),
    )
    fake_daemon.answer(messages.MarksRequest, lambda _: [messages.Marks(marks=said)])
    with qtbot.waitSignal(marks.changed):
        marks.ask([path(1), path(2)])
    shared = marks.shared([path(1), path(2)])
    assert (shared.rating, shared.flag) == (None, "pick")
    assert shared.keywords == (("b", 2), ("a", 1))


def test_a_raw_file_that_is_one_photo_with_its_jpeg_is_marked_with_it(
    qtbot: QtBot, client: DaemonClient, fake_daemon: FakeDaemon
) -> None:
    pair = PhotoEntry(b"a.jpg", 1, 1, b".CR3")

    def chunk(request: messages.Message) -> list[messages.Message]:
        assert isinstance(request, messages.FolderOpen)
        return [
            messages.FolderChunk(
                listing_id=request.listing_id, path=b"/photos", entries=(pair,), last=True
            )
        ]

    fake_daemon.answer(messages.FolderOpen, chunk)
    fake_daemon.answer(messages.SetMarks, written)
    listing = ListingModel(client)
    listing.open(b"/photos")
    qtbot.waitUntil(lambda: len(listing) == 1)
    marks = MarksModel(client, listing)
    with qtbot.waitSignal(marks.written):
        marks.change([b"/photos/a.jpg"], Change(rating=2))
    (request,) = fake_daemon.of(messages.SetMarks)
    assert [bytes(each) for each in request.paths] == [b"/photos/a.jpg", b"/photos/a.CR3"]


def test_marks_that_another_program_wrote_are_asked_for_anew(
    qtbot: QtBot, marks: MarksModel, listing: ListingModel, fake_daemon: FakeDaemon
) -> None:
    said = [PhotoMarks(path=path(1), keywords=("a",)), PhotoMarks(path=path(1), keywords=("b",))]
    fake_daemon.answer(messages.MarksRequest, lambda _: [messages.Marks(marks=(said.pop(0),))])
    with qtbot.waitSignal(marks.changed):
        marks.ask([path(1)])
    with qtbot.waitSignal(marks.changed):
        fake_daemon.publish(messages.ListingMarks(listing_id=listing.listing_id), b"")
    with qtbot.waitSignal(marks.changed):
        marks.ask([path(1)])
    assert marks.shared([path(1)]).keywords == (("b", 1),)
