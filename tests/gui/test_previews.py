import gc
import os

import msgspec
import pytest

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.protocol.messages import (
    CancelRequests,
    Failed,
    PreviewRequest,
    SurfaceMapped,
    SurfaceReady,
)
from rabbitviewer.models.previews import PreviewStore

BOX = (4, 4)
RED, BLUE = b"\x00\x00\xff\xff", b"\xff\x00\x00\xff"


class Decoder:
    """Answers preview requests: 4 x 2 for a box, 8 x 4 for full size, as surface files."""

    def __init__(self, folders):
        self._folder = folders.cache / "surfaces"
        self._folder.mkdir(parents=True)
        self._last_id = 0

    def surface(self, request, pixel=RED, quality=None):
        self._last_id += 1
        full = not request.max_width_px
        width, height = (8, 4) if full else (4, 2)
        path = self._folder / f"{self._last_id}.surface"
        path.write_bytes(pixel * (width * height))
        return SurfaceReady(
            path=bytes(request.path),
            surface_path=os.fsencode(path),
            surface_id=self._last_id,
            width_px=width,
            height_px=height,
            stride_bytes=4 * width,
            source_width_px=8,
            source_height_px=4,
            quality=quality or ("full" if full else "screen"),
            request_id=request.request_id,
        )


@pytest.fixture
def decoder(folders):
    return Decoder(folders)


@pytest.fixture
def store(client, folders):
    return PreviewStore(client, folders)


def asked(daemon):
    return [
        (bytes(each.path), each.max_width_px, each.priority) for each in daemon.of(PreviewRequest)
    ]


def test_a_surface_is_shown_without_a_copy_and_given_back(qtbot, fake_daemon, store, decoder):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    with qtbot.waitSignal(store.ready) as got:
        request_id = store.want(b"/a", *BOX)
    preview = got.args[0]
    assert (preview.path, preview.quality, preview.request_id) == (b"/a", "screen", request_id)
    assert preview.image.pixelColor(3, 1).getRgb()[:3] == (255, 0, 0)
    qtbot.waitUntil(lambda: fake_daemon.of(SurfaceMapped) != [])
    assert fake_daemon.of(SurfaceMapped)[0].surface_id == 1


def test_pixels_stay_after_the_surface_was_unlinked_and_the_store_let_go(
    qtbot, fake_daemon, store, decoder, folders
):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    with qtbot.waitSignal(store.ready) as got:
        store.want(b"/a", *BOX)
    image = got.args[0].image
    (folders.cache / "surfaces" / "1.surface").unlink()
    got.args.clear()
    store.forget([b"/a"])
    gc.collect()
    assert image.pixelColor(0, 0).getRgb()[:3] == (255, 0, 0)


def test_a_photo_seen_before_is_given_at_once(qtbot, fake_daemon, store, decoder):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    with qtbot.waitSignal(store.ready):
        store.want(b"/a", *BOX)
    heard = []
    store.ready.connect(heard.append)
    request_id = store.want(b"/a", *BOX)
    assert ([each.request_id for each in heard], request_id) == ([-1], -1)
    assert len(asked(fake_daemon)) == 1


def test_zooming_in_asks_for_full_pixels_and_shows_the_screen_ones_meanwhile(
    qtbot, fake_daemon, store, decoder
):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    with qtbot.waitSignal(store.ready):
        store.want(b"/a", *BOX)
    qualities = []
    store.ready.connect(lambda preview: qualities.append(preview.quality))
    store.want(b"/a", 0, 0)
    qtbot.waitUntil(lambda: len(qualities) == 2)
    assert qualities == ["screen", "full"]


def test_the_embedded_stage_does_not_end_the_request(qtbot, fake_daemon, store, decoder):
    fake_daemon.answer(
        PreviewRequest,
        lambda request: [
            decoder.surface(request, BLUE, "embedded"),
            decoder.surface(request, RED),
        ],
    )
    with qtbot.waitSignals([store.ready, store.ready]):
        store.want(b"/a", *BOX)
    assert store.preview(b"/a").quality == "screen"


def test_neighbours_are_asked_for_one_by_one_after_the_photo_itself(
    qtbot, fake_daemon, store, decoder
):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    store.want(b"/b", *BOX)
    store.look_ahead([b"/c", b"/a"], *BOX)
    assert asked(fake_daemon) == []
    qtbot.waitUntil(lambda: store.preview(b"/a") is not None)
    assert asked(fake_daemon) == [
        (b"/b", 4, "visible"),
        (b"/c", 4, "near"),
        (b"/a", 4, "near"),
    ]


def test_a_neighbour_held_ready_does_not_show_itself(qtbot, fake_daemon, store, decoder):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    shown = []
    store.ready.connect(lambda preview: shown.append(preview.path))
    store.want(b"/b", *BOX)
    store.look_ahead([b"/c"], *BOX)
    qtbot.waitUntil(lambda: store.preview(b"/c") is not None)
    assert shown == [b"/b"]


def test_going_on_drops_the_work_for_photos_passed_by(qtbot, fake_daemon, store):
    with qtbot.waitSignals([fake_daemon.asked] * 5):
        ids = [store.want(path, *BOX) for path in (b"/a", b"/b", b"/c")]
    assert [each.request_ids for each in fake_daemon.of(CancelRequests)] == [(ids[0],), (ids[1],)]


def test_viewers_want_a_photo_each(qtbot, fake_daemon, store, decoder):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    with qtbot.waitSignals([store.ready, store.ready]):
        store.want(b"/a", *BOX, viewer="left")
        store.want(b"/b", *BOX, viewer="right")
    assert fake_daemon.of(CancelRequests) == []


def test_one_request_serves_viewers_of_different_size(qtbot, fake_daemon, store):
    with qtbot.waitSignals([fake_daemon.asked] * 3):
        store.want(b"/a", 2, 6, viewer="small")
        store.want(b"/a", 8, 4, viewer="large")
    last = fake_daemon.of(PreviewRequest)[-1]
    assert (last.max_width_px, last.max_height_px) == (8, 6)


def hurry(store, count):
    for number in range(count):
        store.want(b"/%d" % number, *BOX, hurried=True)
        store.look_ahead([b"/%d" % ahead for ahead in range(number + 1, number + 13)], *BOX)


def test_hurrying_on_leaves_one_request_under_way(qtbot, fake_daemon, store):
    with qtbot.waitSignal(fake_daemon.asked):
        hurry(store, 20)
    assert [priority for _, _, priority in asked(fake_daemon)] == ["near"]
    assert fake_daemon.of(CancelRequests) == []


def test_coming_to_rest_drops_what_was_passed_and_asks_at_once(qtbot, fake_daemon, store):
    with qtbot.waitSignal(fake_daemon.asked):
        hurry(store, 20)
    passed = fake_daemon.of(PreviewRequest)[0].request_id
    with qtbot.waitSignals([fake_daemon.asked] * 2):
        store.rest()
    assert fake_daemon.of(CancelRequests)[0].request_ids == (passed,)
    assert asked(fake_daemon)[1] == (b"/19", 4, "visible")


def test_a_short_rest_is_enough_to_ask_for_the_photo_on_show(qtbot, fake_daemon, store):
    with qtbot.waitSignal(fake_daemon.asked):
        hurry(store, 20)
    qtbot.waitUntil(lambda: (b"/19", 4, "visible") in asked(fake_daemon))


def test_an_answer_that_is_too_small_is_not_asked_for_again(qtbot, fake_daemon, store, decoder):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    with qtbot.waitSignal(store.ready):
        store.want(b"/a", 6, 3)
    with qtbot.waitSignal(store.ready):
        store.want(b"/a", 6, 3)
    assert len(asked(fake_daemon)) == 1


def test_full_pixels_keep_those_of_the_screen_as_a_level(qtbot, fake_daemon, store, decoder):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    with qtbot.waitSignal(store.ready):
        store.want(b"/a", *BOX)
    with qtbot.waitSignals([store.ready, store.ready]):
        store.want(b"/a", 0, 0)
    best = store.preview(b"/a")
    assert (best.image.width(), best.level_for(4).width(), best.level_for(5).width()) == (8, 4, 8)


def test_the_next_photo_is_held_with_all_its_pixels_where_it_will_be_looked_at_closely(
    qtbot, fake_daemon, store, decoder
):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    store.want(b"/a", *BOX)
    store.look_ahead([b"/b", b"/c"], *BOX, whole=[b"/b"])
    qtbot.waitUntil(lambda: len(asked(fake_daemon)) == 4)
    assert asked(fake_daemon)[-1] == (b"/b", 0, "near")


def test_a_photo_too_large_for_half_of_the_budget_is_not_held_with_all_its_pixels(
    qtbot, fake_daemon, client, folders, decoder
):
    store = PreviewStore(client, folders, budget_bytes=128)
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    store.want(b"/a", *BOX)
    store.look_ahead([b"/b"], *BOX, whole=[b"/b"])
    qtbot.waitUntil(lambda: store.preview(b"/b") is not None)
    assert len(asked(fake_daemon)) == 2


def test_another_profile_asks_anew_for_what_is_on_show(qtbot, fake_daemon, store, decoder):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    with qtbot.waitSignal(store.ready):
        store.want(b"/a", *BOX)
    with qtbot.waitSignal(store.ready):
        store.set_profile("p3")
    assert fake_daemon.of(PreviewRequest)[-1].profile == "p3"


def test_a_late_surface_for_a_photo_passed_by_is_given_back_unseen(
    qtbot, fake_daemon, store, decoder
):
    with qtbot.waitSignals([fake_daemon.asked] * 4):
        for path in (b"/a", b"/b", b"/c"):
            store.want(path, *BOX)
    late = fake_daemon.of(PreviewRequest)[0]
    with qtbot.assertNotEmitted(store.ready), qtbot.waitSignal(fake_daemon.asked) as got:
        fake_daemon.publish(decoder.surface(late))
    assert isinstance(got.args[0], SurfaceMapped)
    assert store.preview(b"/a") is None


def test_a_broken_photo_fails_with_its_reason_every_time_it_is_wanted(qtbot, fake_daemon, store):
    error = ErrorInfo(ErrorKind.UNREADABLE, "The photo is cut short.")
    fake_daemon.answer(PreviewRequest, lambda _request: [Failed(error=error)])
    with qtbot.waitSignal(store.failed) as got:
        store.want(b"/a", *BOX)
    assert got.args == [b"/a", error]
    with qtbot.waitSignal(store.failed):
        assert store.want(b"/a", *BOX) == 0


def test_a_changed_photo_on_show_is_asked_for_anew(qtbot, fake_daemon, store, decoder):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    with qtbot.waitSignal(store.ready):
        store.want(b"/a", *BOX)
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request, BLUE)])
    with qtbot.waitSignal(store.ready) as got:
        store.forget([b"/a"])
    assert got.args[0].image.pixelColor(0, 0).getRgb()[:3] == (0, 0, 255)


def test_a_surface_outside_the_cache_is_not_opened(qtbot, fake_daemon, store, decoder, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(RED * 8)

    def answer(request):
        surface = decoder.surface(request)
        return [msgspec.structs.replace(surface, surface_path=os.fsencode(other))]

    fake_daemon.answer(PreviewRequest, answer)
    with qtbot.waitSignal(store.failed) as got:
        store.want(b"/a", *BOX)
    assert got.args[1].kind is ErrorKind.UNREADABLE


def test_after_a_lost_connection_the_photo_on_show_is_asked_for_again(qtbot, fake_daemon, store):
    with qtbot.waitSignal(fake_daemon.asked):
        store.want(b"/a", *BOX)
    with qtbot.waitSignal(fake_daemon.asked):
        fake_daemon.drop_clients()
    assert asked(fake_daemon) == [(b"/a", 4, "visible")] * 2


def test_over_the_budget_the_photo_on_show_is_kept(qtbot, fake_daemon, client, folders, decoder):
    store = PreviewStore(client, folders, budget_bytes=70)
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    for path in (b"/a", b"/b", b"/c", b"/d"):
        with qtbot.waitSignal(store.ready):
            store.want(path, *BOX)
    kept = [store.preview(path) is not None for path in (b"/a", b"/b", b"/c", b"/d")]
    assert kept == [False, True, True, True]


def test_wanting_the_same_again_while_it_is_on_its_way_changes_nothing(
    qtbot, fake_daemon, store, decoder
):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request, BLUE, "embedded")])
    with qtbot.waitSignal(store.ready):
        request_id = store.want(b"/a", *BOX)
    with qtbot.assertNotEmitted(store.ready):
        assert store.want(b"/a", *BOX) == request_id
    assert len(asked(fake_daemon)) == 1


def test_coming_back_to_a_photo_on_its_way_shows_what_there_is(qtbot, fake_daemon, store, decoder):
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request, BLUE, "embedded")])
    with qtbot.waitSignal(store.ready):
        store.want(b"/a", *BOX)
    with qtbot.waitSignal(store.ready):
        store.want(b"/b", *BOX)
    with qtbot.waitSignal(store.ready) as got:
        store.want(b"/a", *BOX)
    assert (got.args[0].path, got.args[0].quality) == (b"/a", "embedded")


def test_pixels_carry_the_id_they_were_wanted_under_also_after_a_lost_connection(
    qtbot, fake_daemon, store, decoder
):
    with qtbot.waitSignal(fake_daemon.asked):
        request_id = store.want(b"/a", *BOX)
    fake_daemon.answer(PreviewRequest, lambda request: [decoder.surface(request)])
    with qtbot.waitSignal(store.ready) as got:
        fake_daemon.drop_clients()
    assert got.args[0].request_id == request_id
