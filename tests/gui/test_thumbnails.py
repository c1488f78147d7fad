import msgspec
import pytest
from PySide6.QtGui import QColor

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import CancelRequests, Failed, ThumbnailReady, ThumbnailRequest
from rabbitviewer.models.thumbnails import ThumbnailStore

RED, GREEN, BLUE = b"\x00\x00\xff\xff", b"\x00\xff\x00\xff", b"\xff\x00\x00\xff"


def ready(request, stage="final", pixel=RED):
    message = ThumbnailReady(
        path=bytes(request.path),
        width_px=1,
        height_px=1,
        source_width_px=6000,
        source_height_px=4000,
        stage=stage,
        request_id=request.request_id,
    )
    return message, pixel


def color(thumbnail):
    return thumbnail.image.pixelColor(0, 0).getRgb()[:3]


@pytest.fixture
def store(client):
    return ThumbnailStore(client)


def asked(daemon):
    return [(bytes(each.path), each.priority) for each in daemon.of(ThumbnailRequest)]


def test_visible_ones_are_asked_for_first_and_in_the_order_given(qtbot, fake_daemon, store):
    with qtbot.waitSignals([fake_daemon.asked] * 3):
        store.want([b"/b", b"/a"], near=[b"/c"])
    assert asked(fake_daemon) == [(b"/b", "visible"), (b"/a", "visible"), (b"/c", "near")]


def test_pixels_are_shown_as_they_came(qtbot, fake_daemon, store):
    fake_daemon.answer(ThumbnailRequest, lambda request: [ready(request)])
    with qtbot.waitSignal(store.ready) as got:
        store.want([b"/\xff.jpg"])
    assert got.args == [b"/\xff.jpg"]
    thumbnail = store.thumbnail(b"/\xff.jpg")
    assert color(thumbnail) == QColor("red").getRgb()[:3]
    assert (thumbnail.source_width, thumbnail.source_height) == (6000, 4000)


def test_a_file_without_a_preview_of_its_own_is_through_with_its_first_stage(
    qtbot, fake_daemon, store
):
    fake_daemon.answer(ThumbnailRequest, lambda request: [ready(request, "none", b"")])
    with qtbot.waitSignal(store.ready):
        store.want([b"/a"])
    assert store.has_first_stage(b"/a")
    assert store.thumbnail(b"/a") is None
    assert not store.is_settled(b"/a")


def test_the_embedded_stage_is_replaced_by_the_real_one(qtbot, fake_daemon, store):
    fake_daemon.answer(
        ThumbnailRequest,
        lambda request: [ready(request, "embedded", GREEN), ready(request, "final", BLUE)],
    )
    with qtbot.waitSignals([store.ready, store.ready]):
        store.want([b"/a"])
    assert (store.thumbnail(b"/a").stage, color(store.thumbnail(b"/a"))) == ("final", (0, 0, 255))


def test_what_scrolled_away_is_cancelled(qtbot, fake_daemon, store):
    with qtbot.waitSignals([fake_daemon.asked] * 2):
        store.want([b"/a", b"/b"])
    first = fake_daemon.of(ThumbnailRequest)[0].request_id
    with qtbot.waitSignals([fake_daemon.asked] * 2):
        store.want([b"/b", b"/c"])
    assert fake_daemon.of(CancelRequests) == [
        CancelRequests(request_ids=(first,), request_id=first + 2)
    ]
    assert asked(fake_daemon)[2:] == [(b"/c", "visible")]


def test_a_near_one_that_becomes_visible_is_asked_for_again_before_it_is_dropped(
    qtbot, fake_daemon, store
):
    with qtbot.waitSignal(fake_daemon.asked):
        store.want([], near=[b"/a"])
    with qtbot.waitSignals([fake_daemon.asked] * 2):
        store.want([b"/a"])
    kinds = [type(each) for each in fake_daemon.received]
    assert kinds == [ThumbnailRequest, ThumbnailRequest, CancelRequests]


def test_what_is_there_is_not_asked_for_again(qtbot, fake_daemon, store):
    fake_daemon.answer(ThumbnailRequest, lambda request: [ready(request)])
    with qtbot.waitSignal(store.ready):
        store.want([b"/a"])
    with qtbot.waitSignal(store.ready):
        store.want([b"/a", b"/b"])
    assert asked(fake_daemon) == [(b"/a", "visible"), (b"/b", "visible")]


def test_a_failure_is_a_state_with_its_reason(qtbot, fake_daemon, store):
    error = ErrorInfo(ErrorKind.UNREADABLE, "The photo is cut short.")
    fake_daemon.answer(ThumbnailRequest, lambda _request: [Failed(error=error)])
    with qtbot.waitSignal(store.ready):
        store.want([b"/a"])
    assert (store.error(b"/a"), store.is_settled(b"/a")) == (error, True)


def test_a_late_answer_for_a_file_that_changed_meanwhile_lands_nowhere(qtbot, fake_daemon, store):
    with qtbot.waitSignal(fake_daemon.asked):
        store.want([b"/a"])
    late = fake_daemon.of(ThumbnailRequest)[0]
    with qtbot.waitSignals([fake_daemon.asked] * 2):
        store.forget([b"/a"])
    again = fake_daemon.of(ThumbnailRequest)[1]
    with qtbot.waitSignal(store.ready):
        fake_daemon.publish(*ready(late, pixel=RED))
        fake_daemon.publish(*ready(again, pixel=BLUE))
    assert color(store.thumbnail(b"/a")) == (0, 0, 255)


def test_old_pixels_stand_in_until_the_changed_file_was_decoded(qtbot, fake_daemon, store):
    fake_daemon.answer(ThumbnailRequest, lambda request: [ready(request)])
    with qtbot.waitSignal(store.ready):
        store.want([b"/a"])
    fake_daemon.answer(ThumbnailRequest, lambda request: [ready(request, pixel=GREEN)])
    with qtbot.waitSignal(store.ready):
        store.forget([b"/a"])
        assert color(store.thumbnail(b"/a")) == (255, 0, 0)
    assert color(store.thumbnail(b"/a")) == (0, 255, 0)


def test_after_a_lost_connection_what_is_missing_is_asked_for_again(qtbot, fake_daemon, store):
    with qtbot.waitSignal(fake_daemon.asked):
        store.want([b"/a"])
    with qtbot.waitSignal(fake_daemon.asked):
        fake_daemon.drop_clients()
    assert asked(fake_daemon) == [(b"/a", "visible")] * 2
    assert store.error(b"/a") is None


def test_over_the_budget_those_not_wanted_for_longest_go(qtbot, fake_daemon, client):
    store = ThumbnailStore(client, budget_bytes=8)
    fake_daemon.answer(ThumbnailRequest, lambda request: [ready(request)])
    with qtbot.waitSignals([store.ready] * 2):
        store.want([b"/a", b"/b"])
    with qtbot.waitSignal(store.ready):
        store.want([b"/c", b"/b"])
    assert [store.thumbnail(path) is not None for path in (b"/a", b"/b", b"/c")] == [
        False,
        True,
        True,
    ]


def test_larger_cells_ask_anew_and_smaller_ones_do_not(qtbot, fake_daemon, store):
    fake_daemon.answer(ThumbnailRequest, lambda request: [ready(request)])
    with qtbot.waitSignal(store.ready):
        store.want([b"/a"])
    with qtbot.waitSignal(store.ready):
        store.set_size_px(1024)
    store.set_size_px(512)
    with qtbot.waitSignal(store.ready):
        store.want([b"/a", b"/b"])
    sizes = [(bytes(each.path), each.size_px) for each in fake_daemon.of(ThumbnailRequest)]
    assert sizes == [(b"/a", 512), (b"/a", 1024), (b"/b", 512)]


def test_a_blob_of_the_wrong_length_is_not_shown(qtbot, fake_daemon, store):
    with qtbot.waitSignal(fake_daemon.asked):
        store.want([b"/a"])
    request = fake_daemon.of(ThumbnailRequest)[0]
    with qtbot.assertNotEmitted(store.ready, wait=50):
        fake_daemon.publish(*ready(request, "embedded", RED * 3))
    assert store.thumbnail(b"/a") is None


def test_what_one_viewer_lets_go_of_another_may_still_want(qtbot, fake_daemon, store):
    with qtbot.waitSignals([fake_daemon.asked] * 2):
        store.want([b"/a", b"/b"], viewer="grid")
    first = fake_daemon.of(ThumbnailRequest)[0].request_id
    store.want([b"/b"], viewer="strip")
    with qtbot.waitSignal(fake_daemon.asked):
        store.want([], viewer="grid")
    assert fake_daemon.of(CancelRequests)[0].request_ids == (first,)
    assert len(asked(fake_daemon)) == 2


def large(request, stage="final"):
    message, _ = ready(request, stage)
    width = request.shown_px or 300
    message = msgspec.structs.replace(message, width_px=width, height_px=200)
    return message, RED * (width * 200)


def test_pixels_come_no_larger_than_they_are_shown(qtbot, fake_daemon, store):
    fake_daemon.answer(ThumbnailRequest, lambda request: [large(request)])
    store.set_shown_px(150)
    with qtbot.waitSignal(store.ready):
        store.want([b"/a"])
    (request,) = fake_daemon.of(ThumbnailRequest)
    assert (request.size_px, request.shown_px) == (512, 150)
    assert store.thumbnail(b"/a").image.width() == 150


def test_who_shows_more_than_a_cell_gets_them_whole(qtbot, fake_daemon, store):
    fake_daemon.answer(ThumbnailRequest, lambda request: [large(request)])
    store.set_shown_px(150)
    with qtbot.waitSignal(store.ready):
        store.want([b"/a"], viewer="grid")
    with qtbot.waitSignal(store.ready):
        store.want([b"/a"], viewer="photo", whole=True)
    assert store.thumbnail(b"/a").image.width() == 300


def test_larger_cells_ask_anew_for_what_was_kept_small(qtbot, fake_daemon, store):
    fake_daemon.answer(ThumbnailRequest, lambda request: [large(request)])
    store.set_shown_px(100)
    with qtbot.waitSignal(store.ready):
        store.want([b"/a"])
    with qtbot.waitSignal(store.ready):
        store.set_shown_px(200)
    assert store.thumbnail(b"/a").image.width() == 200


def test_a_smaller_budget_lets_go_of_what_is_not_wanted(qtbot, fake_daemon, store):
    fake_daemon.answer(ThumbnailRequest, lambda request: [large(request)])
    with qtbot.waitSignals([store.ready] * 2):
        store.want([b"/a", b"/b"])
    store.want([b"/b"])
    store.set_budget_mb(0)
    assert (store.thumbnail(b"/a"), store.thumbnail(b"/b") is None) == (None, False)
