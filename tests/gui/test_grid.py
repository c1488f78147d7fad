import json
import time

import msgspec
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    CancelRequests,
    Failed,
    FolderChunk,
    FolderDelta,
    FolderOpen,
    ThumbnailReady,
    ThumbnailRequest,
)
from daemon.protocol.values import PhotoEntry
from rabbitviewer.browse.grid import CELL_SIZES, ThumbnailGrid
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.thumbnails import ThumbnailStore
from rabbitviewer.theme.tokens import tokens
from rabbitviewer.trace import Trace

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
GREEN, BLUE = b"\x00\xff\x00\xff", b"\xff\x00\x00\xff"
BROKEN = ErrorInfo(ErrorKind.UNREADABLE, "The photo is cut short.", "Copy it again.")


def name(number):
    return b"%03d.jpg" % number


def path(number):
    return b"/photos/" + name(number)


def pixels(request, pixel=GREEN, stage="final"):
    """Give a square photo of one colour."""
    ready = ThumbnailReady(
        path=bytes(request.path),
        width_px=64,
        height_px=64,
        source_width_px=4000,
        source_height_px=4000,
        stage=stage,
    )
    return ready, pixel * (64 * 64)


@pytest.fixture
def listing(client):
    return ListingModel(client)


@pytest.fixture
def grid(qtbot, client, listing):
    """A grid of 100 px cells, five to a row and three and a bit rows high."""
    grid = ThumbnailGrid(listing, ThumbnailStore(client))
    qtbot.addWidget(grid)
    bar = grid.verticalScrollBar().sizeHint().width()
    grid.resize(5 * 104 + 4 + bar, 3 * 104 + 40)
    grid.set_cell_px(100)
    grid.show()
    return grid


@pytest.fixture
def opened(qtbot, fake_daemon, listing, grid):
    """The same with 40 photos, all green but number 3, which is broken."""

    def photos(request):
        entries = tuple(PhotoEntry(name(number), 1, 1) for number in range(40))
        return [
            FolderChunk(listing_id=request.listing_id, path=b"/photos", entries=entries, last=True)
        ]

    def thumbnails(request):
        broken = bytes(request.path) == path(3)
        return [Failed(error=BROKEN)] if broken else [pixels(request)]

    fake_daemon.answer(FolderOpen, photos)
    fake_daemon.answer(ThumbnailRequest, thumbnails)
    with qtbot.waitSignal(grid._thumbnails.ready, check_params_cb=lambda path_: path_ == path(19)):
        listing.open(b"/photos")
    grid.setFocus()
    return grid


def color(grid, row, right=0, down=0):
    """The colour painted in the middle of the cell of *row*, or beside it."""
    shot = grid.viewport().grab().toImage()
    return shot.pixelColor(grid.cell_rect(row).center() + QPoint(right, down)).name()


def click(qtbot, grid, row, modifiers=Qt.KeyboardModifier.NoModifier, button=LEFT):
    qtbot.mouseClick(grid.viewport(), button, modifiers, grid.cell_rect(row).center())


def ring(grid, row):
    """The colour of the ring round the cell of *row*."""
    shot = grid.viewport().grab().toImage()
    box = grid.cell_rect(row)
    return shot.pixelColor(box.left(), box.center().y()).name()


def test_photos_are_painted_fitted_into_their_cells(opened):
    assert color(opened, 0) == "#00ff00"
    assert color(opened, 4, right=40) == "#00ff00"


def test_between_the_cells_is_the_ground_of_the_photo_area(opened):
    shot = opened.viewport().grab().toImage()
    gap = opened.cell_rect(0).right() + 2
    assert shot.pixelColor(gap, opened.cell_rect(0).center().y()).name() == tokens().photo_area


def test_a_cell_whose_photo_is_not_there_yet_is_a_quiet_square(qtbot, fake_daemon, listing, grid):
    entries = (PhotoEntry(name(0), 1, 1),)
    chunk = FolderChunk(listing_id=1, path=b"/photos", entries=entries, last=True)
    fake_daemon.answer(FolderOpen, lambda request: [chunk])
    with qtbot.waitSignal(listing.rows_changed, check_params_cb=lambda: len(listing) == 1):
        listing.open(b"/photos")
    assert color(grid, 0) == tokens().cell


def test_the_embedded_preview_is_replaced_by_the_real_one(qtbot, fake_daemon, listing, grid):
    entries = (PhotoEntry(name(0), 1, 1),)
    chunk = FolderChunk(listing_id=1, path=b"/photos", entries=entries, last=True)
    fake_daemon.answer(FolderOpen, lambda request: [chunk])
    with qtbot.waitSignal(fake_daemon.asked, check_params_cb=is_thumbnail_request) as got:
        listing.open(b"/photos")
    seen = []
    for stage, pixel in (("embedded", BLUE), ("final", GREEN)):
        ready, blob = pixels(got.args[0], pixel, stage)
        with qtbot.waitSignal(grid._thumbnails.ready):
            fake_daemon.publish(replace_id(ready, got.args[0]), blob)
        seen.append(color(grid, 0))
    assert seen == ["#0000ff", "#00ff00"]


def is_thumbnail_request(request):
    return isinstance(request, ThumbnailRequest)


def replace_id(message, request):
    return msgspec.structs.replace(message, request_id=request.request_id)


@pytest.mark.qt_log_ignore("This plugin does not support raise")
def test_a_broken_photo_says_why_when_the_pointer_rests_on_it(opened):
    place = opened.cell_rect(3).center()
    event = QHelpEvent(QHelpEvent.Type.ToolTip, place, opened.viewport().mapToGlobal(place))
    QApplication.sendEvent(opened.viewport(), event)
    assert QToolTip.text() == "The photo is cut short.\nCopy it again."


def test_a_broken_photo_is_not_an_empty_square(opened):
    shot = opened.viewport().grab(opened.cell_rect(3)).toImage()
    colors = {shot.pixelColor(x, y).name() for x in range(30, 70) for y in range(30, 70)}
    assert len(colors) > 1


def test_only_what_is_seen_is_asked_for_as_visible(opened, fake_daemon):
    visible = [each for each in fake_daemon.of(ThumbnailRequest) if each.priority == "visible"]
    assert sorted(bytes(each.path) for each in visible) == [path(number) for number in range(20)]


def test_the_photo_nearest_to_the_pointer_is_asked_for_first(
    qtbot, fake_daemon, listing, grid, opened
):
    qtbot.mouseMove(grid.viewport(), grid.cell_rect(12).center())
    grid._thumbnails.drop([path(number) for number in range(40)])
    fake_daemon.received.clear()
    grid._want()
    qtbot.waitUntil(lambda: len(fake_daemon.of(ThumbnailRequest)) >= 20)
    first = [bytes(each.path) for each in fake_daemon.of(ThumbnailRequest)[:5]]
    assert first[0] == path(12)
    assert set(first) == {path(number) for number in (12, 7, 11, 13, 17)}


def test_the_rows_below_are_asked_for_as_near(qtbot, opened, fake_daemon):
    qtbot.waitUntil(lambda: opened._thumbnails.thumbnail(path(39)) is not None)
    near = [each for each in fake_daemon.of(ThumbnailRequest) if each.priority == "near"]
    assert [bytes(each.path) for each in near] == [path(number) for number in range(20, 40)]


def test_scrolling_on_drops_the_work_for_what_scrolled_away(qtbot, fake_daemon, listing, grid):
    entries = tuple(PhotoEntry(name(number), 1, 1) for number in range(900))
    fake_daemon.answer(
        FolderOpen,
        lambda request: [
            FolderChunk(listing_id=request.listing_id, path=b"/photos", entries=entries, last=True)
        ],
    )
    with qtbot.waitSignal(listing.state_changed, check_params_cb=lambda: listing.state == "ready"):
        listing.open(b"/photos")
    with qtbot.waitSignal(fake_daemon.asked, check_params_cb=lambda r: type(r) is CancelRequests):
        qtbot.keyClick(grid, Qt.Key.Key_End)
    requests = {bytes(each.path): each.request_id for each in fake_daemon.of(ThumbnailRequest)}
    assert requests[path(0)] in fake_daemon.of(CancelRequests)[0].request_ids
    qtbot.waitUntil(lambda: path(899) in {bytes(r.path) for r in fake_daemon.of(ThumbnailRequest)})


def test_a_hidden_grid_asks_for_nothing(qtbot, fake_daemon, listing, grid):
    entries = tuple(PhotoEntry(name(number), 1, 1) for number in range(5))
    fake_daemon.answer(
        FolderOpen,
        lambda request: [
            FolderChunk(listing_id=request.listing_id, path=b"/photos", entries=entries, last=True)
        ],
    )
    with qtbot.waitSignal(fake_daemon.asked, check_params_cb=is_thumbnail_request):
        listing.open(b"/photos")
    with qtbot.waitSignal(fake_daemon.asked, check_params_cb=lambda r: type(r) is CancelRequests):
        grid.hide()
    assert len(fake_daemon.of(CancelRequests)[0].request_ids) == 5


def test_a_click_picks_one_photo_and_rings_it(qtbot, opened):
    with qtbot.waitSignal(opened.selection_changed) as got:
        click(qtbot, opened, 2)
    assert got.args == [path(2), (path(2),)]
    assert ring(opened, 2) == tokens().accent_bright
    assert ring(opened, 1) != tokens().accent_bright


def test_control_click_adds_and_takes_away(qtbot, opened):
    click(qtbot, opened, 2)
    click(qtbot, opened, 4, CONTROL)
    click(qtbot, opened, 0, CONTROL)
    assert opened.selected == (path(0), path(2), path(4))
    assert (ring(opened, 0), ring(opened, 4)) == (tokens().accent_bright, tokens().accent)
    click(qtbot, opened, 2, CONTROL)
    assert opened.selected == (path(0), path(4))


def test_shift_click_selects_the_range(qtbot, opened):
    click(qtbot, opened, 6)
    click(qtbot, opened, 8, SHIFT)
    assert (opened.current, opened.selected) == (path(8), (path(6), path(7), path(8)))
    click(qtbot, opened, 5, SHIFT)
    assert opened.selected == (path(5), path(6))


def test_a_click_beside_the_photos_picks_none(qtbot, opened):
    click(qtbot, opened, 2)
    gap = QPoint(opened.cell_rect(0).right() + 2, opened.cell_rect(0).center().y())
    qtbot.mouseClick(opened.viewport(), LEFT, pos=gap)
    assert (opened.current, opened.selected) == (b"", ())


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        ("Right", 7),
        ("Left", 5),
        ("Down", 11),
        ("Up", 1),
        ("Home", 0),
        ("End", 39),
        ("PageDown", 21),
        ("PageUp", 0),
    ],
)
def test_keys_move_the_current_photo_and_keep_it_in_view(qtbot, opened, keys, row):
    click(qtbot, opened, 6)
    qtbot.keyClick(opened, getattr(Qt.Key, f"Key_{keys}"))
    assert (opened.current, opened.selected) == (path(row), (path(row),))
    assert opened.viewport().rect().contains(opened.cell_rect(row))


def test_at_the_edges_keys_stay_where_they_are(qtbot, opened):
    click(qtbot, opened, 2)
    qtbot.keyClick(opened, Qt.Key.Key_Up)
    assert opened.current == path(2)


def test_without_a_current_photo_the_first_key_picks_the_first_one(qtbot, opened):
    qtbot.keyClick(opened, Qt.Key.Key_Right)
    assert opened.current == path(0)


def test_shift_and_keys_extend_the_selection(qtbot, opened):
    click(qtbot, opened, 6)
    qtbot.keyClick(opened, Qt.Key.Key_Right, SHIFT)
    qtbot.keyClick(opened, Qt.Key.Key_Down, SHIFT)
    assert opened.selected == tuple(path(number) for number in range(6, 13))


def test_control_a_selects_everything(qtbot, opened):
    qtbot.keyClick(opened, Qt.Key.Key_A, CONTROL)
    assert len(opened.selected) == 40


def test_enter_opens_the_current_photo(qtbot, opened):
    click(qtbot, opened, 6)
    with qtbot.waitSignal(opened.photo_opened) as got:
        qtbot.keyClick(opened, Qt.Key.Key_Return)
    assert got.args == [path(6)]


def test_a_double_click_opens_the_photo(qtbot, opened):
    with qtbot.waitSignal(opened.photo_opened) as got:
        qtbot.mouseDClick(opened.viewport(), LEFT, pos=opened.cell_rect(7).center())
    assert got.args == [path(7)]


def test_a_right_click_picks_what_is_not_selected(qtbot, opened):
    click(qtbot, opened, 1)
    click(qtbot, opened, 2, CONTROL)
    click(qtbot, opened, 1, button=RIGHT)
    assert opened.selected == (path(1), path(2))
    click(qtbot, opened, 6, button=RIGHT)
    assert opened.selected == (path(6),)


def test_the_menu_key_asks_for_the_menu_at_the_current_photo(qtbot, opened):
    click(qtbot, opened, 6)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1))
    with qtbot.waitSignal(opened.menu_wanted) as got:
        QApplication.sendEvent(opened.viewport(), event)
    assert got.args == [opened.viewport().mapToGlobal(opened.cell_rect(6).center())]


def test_the_pointer_shows_the_name(qtbot, opened):
    before = opened.viewport().grab(opened.cell_rect(0)).toImage()
    qtbot.mouseMove(opened.viewport(), opened.cell_rect(0).center())
    after = opened.viewport().grab(opened.cell_rect(0)).toImage()
    strip = [(x, 12) for x in range(after.width())]
    assert [before.pixelColor(*at).name() for at in strip] != [
        after.pixelColor(*at).name() for at in strip
    ]


def test_edited_photos_carry_a_badge(opened):
    plain = color(opened, 1, right=40, down=40)
    opened.set_edited({path(1)})
    assert plain == "#00ff00"
    assert color(opened, 1, right=40, down=40) != "#00ff00"


def test_a_label_is_a_line_along_the_lower_edge(opened, listing):
    listing.show_marks([path(1)], label="blue")
    shot = opened.viewport().grab().toImage()
    box = opened.cell_rect(1)
    assert shot.pixelColor(box.center().x(), box.bottom() - 1).name() == tokens().label_blue


def test_stars_are_shown_when_there_are_some_and_under_the_pointer(qtbot, opened, listing):
    def corner():
        shot = opened.viewport().grab(opened.cell_rect(1)).toImage()
        return [shot.pixelColor(x, 88).name() for x in range(60)]

    plain = corner()
    listing.show_marks([path(1)], rating=4)
    rated = corner()
    listing.show_marks([path(1)], rating=0)
    cleared = corner()
    qtbot.mouseMove(opened.viewport(), opened.cell_rect(1).center())
    assert plain == cleared != rated
    assert corner() not in (plain, rated)


def test_a_rejected_photo_is_pale_and_flagged(opened, listing):
    listing.show_marks([path(1)], flag="reject")
    assert color(opened, 1) != "#00ff00"


def drag(grid, start, end, modifiers=Qt.KeyboardModifier.NoModifier):
    """Pull the pointer from *start* to *end* with the left button down."""
    where = grid.viewport()
    for kind, at, buttons in (
        (QEvent.Type.MouseButtonPress, start, LEFT),
        (QEvent.Type.MouseMove, end, LEFT),
        (QEvent.Type.MouseButtonRelease, end, Qt.MouseButton.NoButton),
    ):
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else LEFT
        place = QPointF(at)
        event = QMouseEvent(kind, place, where.mapToGlobal(place), button, buttons, modifiers)
        QApplication.sendEvent(where, event)


def beside(grid, row):
    """A point in the gap left above the cell of *row*."""
    return grid.cell_rect(row).topLeft() - QPoint(2, 2)


def test_a_rectangle_selects_what_it_touches(opened):
    drag(opened, beside(opened, 6), opened.cell_rect(12).center())
    assert opened.selected == tuple(path(number) for number in (6, 7, 11, 12))


def test_a_rectangle_with_control_adds_to_the_selection(qtbot, opened):
    click(qtbot, opened, 0)
    drag(opened, beside(opened, 6), opened.cell_rect(7).center(), CONTROL)
    assert opened.selected == (path(0), path(6), path(7))


def test_control_and_an_arrow_move_without_selecting(qtbot, opened):
    click(qtbot, opened, 6)
    qtbot.keyClick(opened, Qt.Key.Key_Right, CONTROL)
    assert (opened.current, opened.selected) == (path(7), (path(6),))
    qtbot.keyClick(opened, Qt.Key.Key_Right, CONTROL)
    qtbot.keyClick(opened, Qt.Key.Key_Space, CONTROL)
    assert opened.selected == (path(6), path(8))


def test_shift_and_end_select_the_rest(qtbot, opened):
    click(qtbot, opened, 36)
    qtbot.keyClick(opened, Qt.Key.Key_End, SHIFT)
    assert opened.selected == tuple(path(number) for number in range(36, 40))


def test_the_selection_is_turned_round(qtbot, opened):
    click(qtbot, opened, 2)
    opened.invert_selection()
    assert len(opened.selected) == 39
    assert path(2) not in opened.selected
    opened.select_none()
    assert opened.selected == ()


def test_only_what_the_filter_shows_is_selected(opened, listing):
    listing.set_filter("03")
    opened.select_all()
    assert len(opened.selected) == 11


def test_typing_a_name_goes_to_it(qtbot, opened):
    click(qtbot, opened, 6)
    qtbot.keyClicks(opened, "023")
    assert (opened.current, opened.selected) == (path(23), (path(23),))


def test_everything_of_a_hundred_thousand_is_selected_without_reading_paths(
    qtbot, listing, grid, opened
):
    entries = [PhotoEntry(b"x%06d.jpg" % number, 1, 1) for number in range(100_000)]
    listing._shelf.add(entries)
    listing._show_order()
    started_s = time.thread_time()
    opened.select_all()
    opened.invert_selection()
    opened.invert_selection()
    assert time.thread_time() - started_s < 0.1
    assert len(opened.selected) == 100_040


def wheel(grid, notches, modifiers=Qt.KeyboardModifier.NoModifier):
    place = QPointF(50, 50)
    event = QWheelEvent(
        place,
        grid.viewport().mapToGlobal(place),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(grid.viewport(), event)


def test_the_wheel_scrolls(opened):
    wheel(opened, -1)
    assert opened.cell_rect(0).top() < 0


def test_control_and_wheel_change_the_size_of_the_cells(qtbot, opened):
    with qtbot.waitSignal(opened.cell_size_changed) as got:
        wheel(opened, 1, CONTROL)
    assert got.args == [115]


def test_cells_do_not_leave_their_range(opened):
    opened.set_cell_px(10_000)
    assert opened.cell_size == CELL_SIZES[1]
    opened.set_cell_px(1)
    assert opened.cell_size == CELL_SIZES[0]


def test_larger_cells_keep_the_current_photo_in_view(qtbot, opened):
    qtbot.keyClick(opened, Qt.Key.Key_End)
    opened.set_cell_px(240)
    assert opened.viewport().rect().intersects(opened.cell_rect(39))


def test_a_result_that_appears_takes_its_place_and_what_is_picked_stays_picked(
    qtbot, fake_daemon, listing, opened
):
    click(qtbot, opened, 2)
    entry = PhotoEntry(b"001_color_grade.jpg", 1, 1)
    with qtbot.waitSignal(listing.rows_changed):
        fake_daemon.publish(FolderDelta(listing_id=1, number=1, added=(entry,)))
    assert listing.entry(2) == entry
    assert (opened.current, ring(opened, 3)) == (path(2), tokens().accent_bright)


def test_photos_that_appear_above_do_not_move_what_is_looked_at(
    qtbot, fake_daemon, listing, opened
):
    opened.verticalScrollBar().setValue(2 * 104)
    top = opened.cell_rect(10).top()
    added = tuple(PhotoEntry(b"000_%d.jpg" % number, 1, 1) for number in range(5))
    with qtbot.waitSignal(listing.rows_changed):
        fake_daemon.publish(FolderDelta(listing_id=1, number=1, added=added))
    assert opened.cell_rect(listing.row(path(10))).top() == top


def test_when_the_current_photo_is_deleted_the_next_one_takes_over(qtbot, fake_daemon, opened):
    click(qtbot, opened, 6)
    with qtbot.waitSignal(opened.selection_changed) as got:
        fake_daemon.publish(FolderDelta(listing_id=1, number=1, removed=(name(6),)))
    assert got.args == [path(7), (path(7),)]


def test_a_photo_shown_elsewhere_becomes_the_current_one_in_view_without_an_event(qtbot, opened):
    with qtbot.assertNotEmitted(opened.selection_changed):
        opened.set_current(path(30))
    assert opened.selected == (path(30),)
    assert opened.viewport().rect().contains(opened.cell_rect(30))


def test_a_photo_opened_before_its_folder_was_listed_is_in_view_afterwards(
    qtbot, fake_daemon, listing, grid
):
    entries = tuple(PhotoEntry(name(number), 1, 1) for number in range(200))
    fake_daemon.answer(
        FolderOpen,
        lambda request: [
            FolderChunk(listing_id=request.listing_id, path=b"/photos", entries=entries, last=True)
        ],
    )
    with qtbot.waitSignal(listing.state_changed, check_params_cb=lambda: listing.state == "ready"):
        listing.open(b"/photos")
        grid.set_current(path(150))
    assert grid.viewport().rect().contains(grid.cell_rect(150))


def test_a_screen_reader_is_told_where_we_are(qtbot, opened):
    click(qtbot, opened, 6)
    assert opened.accessibleName() == "Photos"
    assert opened.accessibleDescription() == "006.jpg, 7 of 40"


def test_the_filter_shows_fewer_photos_at_the_top(opened, listing):
    opened.verticalScrollBar().setValue(300)
    listing.set_filter("02")
    assert opened.cell_rect(0).top() == tokens().cell_gap
    assert color(opened, 0) == "#00ff00"


def test_the_trace_tells_when_the_folder_is_on_the_screen(
    qtbot, fake_daemon, client, listing, tmp_path
):
    trace = Trace(tmp_path / "trace.json")
    grid = ThumbnailGrid(listing, ThumbnailStore(client), trace)
    qtbot.addWidget(grid)
    grid.resize(500, 400)
    grid.show()
    entries = tuple(PhotoEntry(name(number), 1, 1) for number in range(3))
    fake_daemon.answer(
        FolderOpen,
        lambda request: [
            FolderChunk(listing_id=request.listing_id, path=b"/photos", entries=entries, last=True)
        ],
    )
    fake_daemon.answer(
        ThumbnailRequest, lambda request: [pixels(request, BLUE, "embedded"), pixels(request)]
    )
    listing.open(b"/photos")
    qtbot.waitUntil(lambda: '"stage": "final"' in (tmp_path / "trace.json").read_text())
    trace.close()
    events = json.loads((tmp_path / "trace.json").read_text())
    told = [event["args"] for event in events if event["name"] == "visible_thumbnails_painted"]
    assert told[-1] == {"folder": "/photos", "count": 3, "stage": "final", "reason": "open"}
    names = [event["name"] for event in events]
    assert names.index("folder_listed") < names.index("first_thumbnail_painted")


def test_the_current_photo_stays_in_view_when_the_filter_goes(qtbot, opened, listing):
    listing.set_filter("03")
    qtbot.waitUntil(lambda: len(listing) < 40)
    opened.setFocus()
    qtbot.keyClick(opened, Qt.Key.Key_End)
    chosen = opened.current
    listing.set_filter("")
    assert len(listing) == 40
    box = opened.cell_rect(listing.row(chosen))
    assert opened.viewport().rect().contains(box)
