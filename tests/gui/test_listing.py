import gc
import struct
import tracemalloc
from array import array

import pytest

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    Failed,
    FolderChunk,
    FolderClose,
    FolderDelta,
    FolderOpen,
    ListingArrange,
    ListingArranged,
    ListingMarks,
)
from daemon.protocol.values import PhotoEntry, PhotoFilter
from rabbitviewer.models.listing import FLAGS, LABELS, ListingModel
from rabbitviewer.models.shelf import NameSearch, Shelf

FOLDER = b"/photos"


def entry(name, size=1, mtime=1):
    return PhotoEntry(name, size, mtime)


def chunk(listing_id, *entries, last=True):
    return FolderChunk(listing_id=listing_id, path=FOLDER, entries=entries, last=last)


def answers(*entries):
    return lambda request: [chunk(request.listing_id, *entries)]


def names(listing):
    return [listing.entry(row).name for row in range(len(listing))]


@pytest.fixture
def listing(client):
    return ListingModel(client)


@pytest.fixture
def opened(qtbot, fake_daemon, listing):
    """A model with b10, a, B2 in it."""
    photos = (entry(b"b10.jpg", 5, 3), entry(b"a.png", 9, 1), entry(b"B2.jpg", 7, 2))
    fake_daemon.answer(FolderOpen, answers(*photos))
    with qtbot.waitSignal(listing.state_changed, check_params_cb=lambda: listing.state == "ready"):
        listing.open(FOLDER)
    return listing


def publish(qtbot, daemon, listing, **values):
    """Send a change and wait until the model has taken it in."""
    delta = FolderDelta(listing_id=listing._listing_id, number=1, **values)
    with qtbot.waitSignal(listing.rows_changed):
        daemon.publish(delta)


def test_photos_stand_in_natural_order(opened):
    assert names(opened) == [b"a.png", b"B2.jpg", b"b10.jpg"]
    assert (opened.path(1), opened.row(b"/photos/B2.jpg")) == (b"/photos/B2.jpg", 1)


def test_a_path_of_another_folder_has_no_row(opened):
    assert opened.row(b"/elsewhere/a.png") == -1
    assert opened.row(b"/photos/none.png") == -1


def test_photos_of_the_root_folder_have_rows(qtbot, fake_daemon, listing):
    fake_daemon.answer(FolderOpen, answers(entry(b"a.jpg")))
    with qtbot.waitSignals([listing.state_changed, listing.state_changed]):
        listing.open(b"/")
    assert (listing.path(0), listing.row(b"/a.jpg")) == (b"/a.jpg", 0)


def test_a_new_photo_takes_its_place(qtbot, fake_daemon, opened):
    publish(qtbot, fake_daemon, opened, added=(entry(b"b3.jpg"),))
    assert names(opened) == [b"a.png", b"B2.jpg", b"b3.jpg", b"b10.jpg"]


def test_a_removed_photo_leaves_and_is_named(qtbot, fake_daemon, opened):
    with qtbot.waitSignal(opened.photos_removed) as got:
        publish(qtbot, fake_daemon, opened, removed=(b"B2.jpg",))
    assert got.args == [(b"/photos/B2.jpg",)]
    assert names(opened) == [b"a.png", b"b10.jpg"]


def test_a_changed_photo_stays_and_is_named(qtbot, fake_daemon, opened):
    with qtbot.waitSignal(opened.photos_changed) as got:
        publish(qtbot, fake_daemon, opened, changed=(entry(b"a.png", 10, 5),))
    assert got.args == [(b"/photos/a.png",)]
    assert (opened.entry(0).size_bytes, len(opened)) == (10, 3)


def test_a_photo_that_came_back_is_named_so_that_what_was_known_of_it_is_forgotten(
    qtbot, fake_daemon, opened
):
    with qtbot.waitSignal(opened.photos_changed) as got:
        publish(qtbot, fake_daemon, opened, added=(entry(b"new.jpg"),))
    assert got.args == [(b"/photos/new.jpg",)]


def arranged(*ids):
    """Answer a wish for an order with these ids."""
    return lambda request: [
        (
            ListingArranged(listing_id=request.listing_id, count=len(ids)),
            array("I", ids).tobytes(),
        )
    ]


def test_names_are_turned_round_without_asking(fake_daemon, opened):
    opened.set_sort("name", backwards=True)
    assert names(opened) == [b"b10.jpg", b"B2.jpg", b"a.png"]
    assert [opened.row(b"/photos/" + name) for name in names(opened)] == [0, 1, 2]
    assert fake_daemon.of(ListingArrange) == []


def test_other_orders_are_the_daemons(qtbot, fake_daemon, opened):
    fake_daemon.answer(ListingArrange, arranged(0, 2, 1))
    with qtbot.waitSignal(
        opened.rows_changed, check_params_cb=lambda: names(opened)[0][:1] == b"b"
    ):
        opened.set_sort("size", backwards=False)
    assert names(opened) == [b"b10.jpg", b"B2.jpg", b"a.png"]
    assert [opened.row(b"/photos/" + name) for name in names(opened)] == [0, 1, 2]
    (asked,) = fake_daemon.of(ListingArrange)
    assert (asked.sort, asked.backwards) == ("size", False)


def test_until_the_daemon_answers_the_rows_stay(opened):
    opened.set_sort("taken", backwards=False)
    assert names(opened) == [b"a.png", b"B2.jpg", b"b10.jpg"]


def test_a_filter_by_rating_shows_what_the_daemon_says_and_hears_of_changes(
    qtbot, fake_daemon, opened
):
    fake_daemon.answer(ListingArrange, arranged(2))
    with qtbot.waitSignal(opened.rows_changed, check_params_cb=lambda: len(opened) == 1):
        opened.set_filter(PhotoFilter(min_rating=3))
    assert names(opened) == [b"B2.jpg"]
    event = ListingArranged(listing_id=opened.listing_id, count=2)
    with qtbot.waitSignal(opened.rows_changed):
        fake_daemon.publish(event, array("I", [2, 0]).tobytes())
    assert names(opened) == [b"B2.jpg", b"b10.jpg"]
    opened.set_filter(PhotoFilter())
    assert len(opened) == 3


def test_text_is_found_in_names_at_once_and_elsewhere_when_the_daemon_answers(
    qtbot, fake_daemon, opened
):
    fake_daemon.answer(ListingArrange, arranged(1, 2))
    opened.set_filter("B2")
    assert names(opened) == [b"B2.jpg"]
    qtbot.waitUntil(lambda: names(opened) == [b"a.png", b"B2.jpg"])


def test_a_photo_that_goes_leaves_the_daemons_order_too(qtbot, fake_daemon, opened):
    fake_daemon.answer(ListingArrange, arranged(0, 2, 1))
    opened.set_sort("size", backwards=False)
    qtbot.waitUntil(lambda: names(opened)[0] == b"b10.jpg")
    publish(qtbot, fake_daemon, opened, removed=(b"B2.jpg",))
    assert names(opened) == [b"b10.jpg", b"a.png"]


def test_marks_are_shown_by_id(qtbot, fake_daemon, opened):
    blob = struct.pack("<IBBBB", 1, 4, 2, 1, 3) + struct.pack("<IBBBB", 99, 1, 1, 1, 1)
    with qtbot.waitSignal(opened.marks_changed):
        fake_daemon.publish(ListingMarks(listing_id=opened.listing_id), blob)
    assert opened.marks(opened.row(b"/photos/a.png")) == (4, 2, 1, 3)
    assert opened.marks(opened.row(b"/photos/B2.jpg")) == (0, 0, 0, 0)


def test_marks_are_shown_before_they_are_on_disk(opened):
    opened.show_marks([b"/photos/a.png", b"/photos/none.png"], rating=5, label="blue")
    opened.show_marks([b"/photos/a.png"], flag="reject")
    assert opened.marks(0) == (5, LABELS.index("blue"), FLAGS.index("reject"), 0)


def test_a_raw_partner_is_found_by_its_jpeg(qtbot, fake_daemon, listing):
    fake_daemon.answer(FolderOpen, answers(PhotoEntry(b"a.jpg", 1, 1, b".CR3"), entry(b"b.jpg")))
    with qtbot.waitSignals([listing.state_changed, listing.state_changed]):
        listing.open(FOLDER)
    assert listing.partner_of(b"/photos/a.jpg") == b"/photos/a.CR3"
    assert listing.partner_of(b"/photos/b.jpg") == b""


def test_subfolders_and_pairs_are_asked_for_when_they_are_wanted(qtbot, fake_daemon, opened):
    with qtbot.waitSignal(fake_daemon.asked):
        opened.set_recursive(True)
    with qtbot.waitSignals([fake_daemon.asked, fake_daemon.asked]):
        opened.set_pairs(True)
    first, second = fake_daemon.of(FolderOpen)[-2:]
    assert (first.recursive, first.pairs) == (True, False)
    assert (second.recursive, second.pairs) == (True, True)


def test_a_collection_holds_photos_of_any_folder(qtbot, fake_daemon, listing):
    fake_daemon.answer(FolderOpen, answers(entry(b"x/a.jpg"), entry(b"y/a.jpg")))
    with qtbot.waitSignals([listing.state_changed, listing.state_changed]):
        listing.open_collection("Best")
    assert (listing.path(1), listing.row(b"/x/a.jpg")) == (b"/y/a.jpg", 0)
    assert (listing.folder, listing.collection) == (b"", "Best")
    assert fake_daemon.of(FolderOpen)[-1].collection == "Best"


def test_a_first_look_at_a_file_is_no_change(qtbot, fake_daemon, listing):
    fake_daemon.answer(FolderOpen, answers(entry(b"a.jpg", -1, 0)))
    with qtbot.waitSignals([listing.state_changed, listing.state_changed]):
        listing.open(FOLDER)
    delta = FolderDelta(listing_id=1, number=1, changed=(entry(b"a.jpg", 7, 9),))
    with qtbot.assertNotEmitted(listing.photos_changed):
        fake_daemon.publish(delta)
        qtbot.waitUntil(lambda: listing.entry(0).size_bytes == 7)


def test_an_offline_folder_keeps_its_photos_and_comes_back(qtbot, fake_daemon, opened):
    with qtbot.waitSignal(opened.state_changed):
        fake_daemon.publish(FolderDelta(listing_id=1, number=1, offline=True))
    assert (opened.state, len(opened)) == ("offline", 3)
    with qtbot.waitSignal(opened.state_changed):
        fake_daemon.publish(FolderDelta(listing_id=1, number=2))
    assert opened.state == "ready"


def test_a_hundred_thousand_photos_cost_less_than_200_bytes_each():
    def pieces():
        for start in range(0, 100_000, 1000):
            yield [
                PhotoEntry(b"IMG_%06d.JPG" % number, 5_000_000 + number, 1_700_000_000_000 + number)
                for number in range(start, start + 1000)
            ]

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    shelf = Shelf()
    for piece in pieces():
        shelf.add(piece)
    found = NameSearch(shelf).find("img 99")
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert (len(shelf), len(found) > 0) == (100_000, True)
    assert used / 100_000 < 200


def test_the_filter_leaves_names_that_contain_its_text_in_any_case(opened):
    opened.set_filter("B")
    assert names(opened) == [b"B2.jpg", b"b10.jpg"]
    assert (opened.total, opened.row(b"/photos/a.png")) == (3, -1)


def test_a_new_photo_is_filtered_too(qtbot, fake_daemon, opened):
    opened.set_filter("b")
    publish(qtbot, fake_daemon, opened, added=(entry(b"c.jpg"), entry(b"b1.jpg")))
    assert names(opened) == [b"b1.jpg", b"B2.jpg", b"b10.jpg"]


def test_neighbours_come_in_the_order_of_their_probability(qtbot, fake_daemon, listing):
    fake_daemon.answer(FolderOpen, answers(*(entry(b"%d.jpg" % number) for number in range(9))))
    with qtbot.waitSignals([listing.state_changed, listing.state_changed]):
        listing.open(FOLDER)
    forward = [b"/photos/%d.jpg" % number for number in (5, 3, 6, 7)]
    assert listing.neighbours(b"/photos/4.jpg", 1) == forward
    backward = [b"/photos/%d.jpg" % number for number in (0, 2)]
    assert listing.neighbours(b"/photos/1.jpg", -1) == backward


def test_opening_another_folder_closes_the_one_before(qtbot, fake_daemon, opened):
    before = opened._listing_id
    with qtbot.waitSignals([fake_daemon.asked, fake_daemon.asked]):
        opened.open(b"/other")
    assert fake_daemon.of(FolderClose)[-1].listing_id == before
    assert fake_daemon.of(FolderOpen)[-1].path == b"/other"


def test_pieces_of_a_folder_left_meanwhile_are_ignored(qtbot, fake_daemon, listing):
    fake_daemon.answer(
        FolderOpen,
        lambda request: ([chunk(request.listing_id, entry(b"%s.jpg" % request.path[1:]))]),
    )
    with qtbot.waitSignals([listing.state_changed, listing.state_changed]):
        listing.open(b"/first")
        listing.open(b"/second")
    assert names(listing) == [b"second.jpg"]


def test_a_large_folder_is_whole_and_in_order(qtbot, fake_daemon, listing):
    pieces = [
        [entry(b"%d.jpg" % n) for n in range(start, start + 2000)]
        for start in range(0, 20000, 2000)
    ]
    fake_daemon.answer(
        FolderOpen,
        lambda request: [
            chunk(request.listing_id, *piece, last=piece is pieces[-1]) for piece in pieces
        ],
    )
    with qtbot.waitSignal(listing.state_changed, check_params_cb=lambda: listing.state == "ready"):
        listing.open(FOLDER)
    assert (len(listing), listing.path(19999)) == (20000, b"/photos/19999.jpg")


def test_a_lost_connection_is_made_up_for_without_emptying_the_rows(qtbot, fake_daemon, opened):
    fake_daemon.answer(FolderOpen, answers(entry(b"a.png", 9, 99), entry(b"c.jpg")))
    lengths, changed = [], []
    opened.rows_changed.connect(lambda: lengths.append(len(opened)))
    opened.photos_changed.connect(changed.extend)
    with qtbot.waitSignal(opened.photos_removed) as got:
        fake_daemon.drop_clients()
    assert changed == [b"/photos/a.png"]
    assert sorted(got.args[0]) == [b"/photos/B2.jpg", b"/photos/b10.jpg"]
    assert (names(opened), lengths) == ([b"a.png", b"c.jpg"], [2])


def test_a_folder_that_cannot_be_read_says_why(qtbot, fake_daemon, listing):
    error = ErrorInfo(ErrorKind.NOT_FOUND, "The folder /photos does not exist.")
    fake_daemon.answer(FolderOpen, lambda _request: [Failed(error=error)])
    with qtbot.waitSignal(listing.state_changed, check_params_cb=lambda: listing.state == "failed"):
        listing.open(FOLDER)
    assert listing.error == error


def test_a_folder_that_vanished_is_gone_and_may_come_back(qtbot, fake_daemon, opened):
    publish(qtbot, fake_daemon, opened, gone=True)
    assert (opened.state, len(opened)) == ("gone", 0)
    publish(qtbot, fake_daemon, opened, added=(entry(b"a.png"),))
    assert (opened.state, names(opened)) == ("ready", [b"a.png"])
