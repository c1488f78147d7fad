"""What is held ready while somebody goes through a folder."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from daemon.protocol.messages import FolderChunk, FolderOpen, Message, ThumbnailRequest
from daemon.protocol.values import PhotoEntry
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.travel import Travel
from rabbitviewer.view.photo_view import PhotoView
from tests.fakes.daemon import FakeDaemon
from tests.fakes.window import FakePixels, flat

COUNT = 40


def path(number: int) -> bytes:
    return b"/photos/%03d.jpg" % number


def paths(*numbers: int) -> tuple[bytes, ...]:
    return tuple(map(path, numbers))


@pytest.fixture
def pixels(qtbot: QtBot) -> FakePixels:
    return FakePixels()


@pytest.fixture
def view(
    qtbot: QtBot, pixels: FakePixels, client: DaemonClient, fake_daemon: FakeDaemon
) -> PhotoView:
    def folder(request: Message) -> list[Message]:
        assert isinstance(request, FolderOpen)
        entries = tuple(PhotoEntry(b"%03d.jpg" % number, 1, 1) for number in range(COUNT))
        chunk = FolderChunk(
            listing_id=request.listing_id, path=b"/photos", entries=entries, last=True
        )
        return [chunk]

    fake_daemon.answer(FolderOpen, folder)
    view = PhotoView(pixels, lambda _path: None, lambda _path: None)
    qtbot.addWidget(view)
    listing = ListingModel(client, view)
    Travel(listing, pixels, ThumbnailStore(client, view), view)
    listing.open(b"/photos")
    qtbot.waitUntil(lambda: len(listing) == COUNT)
    view.resize(400, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


def test_three_photos_either_way_are_held_the_next_one_first(
    view: PhotoView, pixels: FakePixels
) -> None:
    view.show_photo(path(10))
    assert pixels.ahead == paths(11, 9, 12, 13, 8, 7)


def test_the_direction_of_travel_is_what_counts(view: PhotoView, pixels: FakePixels) -> None:
    view.show_photo(path(10))
    view.show_photo(path(9))
    assert pixels.ahead[:3] == paths(8, 7, 6)


def test_at_the_end_of_the_folder_there_is_nothing_ahead(
    view: PhotoView, pixels: FakePixels
) -> None:
    view.show_photo(path(COUNT - 1))
    assert pixels.ahead == paths(COUNT - 2, COUNT - 3, COUNT - 4)


def test_thumbnails_of_what_comes_stand_in_while_somebody_hurries(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels, fake_daemon: FakeDaemon
) -> None:
    view.show_photo(path(10))
    view.show_photo(path(11))
    qtbot.waitUntil(lambda: len(fake_daemon.of(ThumbnailRequest)) == 4)
    asked = [bytes(each.path) for each in fake_daemon.of(ThumbnailRequest)]
    assert asked == [path(number) for number in range(13, 17)]


def test_after_a_rest_both_directions_are_held_again(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    view.show_photo(path(10))
    view.show_photo(path(11))
    assert len(pixels.ahead) == 12
    qtbot.waitUntil(lambda: pixels.ahead == paths(12, 10, 13, 14, 9, 8))


def test_with_a_zoom_that_stays_the_next_photo_is_held_with_all_its_pixels(
    qtbot: QtBot, view: PhotoView, pixels: FakePixels
) -> None:
    view.canvas.keep_zoom = True
    view.show_photo(path(10))
    pixels.ready.emit(flat(path(10), "#808080", source_width=4000, source_height=3000))
    view.canvas.zoom_to_actual()
    qtbot.waitUntil(lambda: pixels.whole == paths(11))
