import pytest

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import Failed, FolderChunk, FolderClose, FolderDelta, FolderOpen
from daemon.protocol.values import PhotoEntry
from rabbitviewer.models.listing import ListingModel

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


@pytest.mark.parametrize(
    ("column", "backwards", "expected"),
    [
        ("modified", False, [b"a.png", b"B2.jpg", b"b10.jpg"]),
        ("size", False, [b"b10.jpg", b"B2.jpg", b"a.png"]),
        ("type", False, [b"B2.jpg", b"b10.jpg", b"a.png"]),
        ("name", True, [b"b10.jpg", b"B2.jpg", b"a.png"]),
    ],
)
def test_photos_are_sorted_by_the_chosen_column(opened, column, backwards, expected):
    opened.set_sort(column, backwards=backwards)
    assert names(opened) == expected
    assert [opened.row(b"/photos/" + name) for name in expected] == [0, 1, 2]


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
