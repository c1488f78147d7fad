"""The window's models and grid against the real daemon: a folder of real photos on the screen."""

import os
import signal

import pytest
from PIL import Image

from daemon.protocol.endpoint import resolve_folders
from rabbitviewer.browse.grid import ThumbnailGrid
from rabbitviewer.ipc.client import DaemonClient
from rabbitviewer.ipc.launcher import start_daemon
from rabbitviewer.models.listing import ListingModel
from rabbitviewer.models.previews import PreviewStore
from rabbitviewer.models.thumbnails import ThumbnailStore

pytestmark = pytest.mark.slow

LONG_MS = 60_000
INDEX_RECORD_BYTES = 44


@pytest.fixture
def photos(tmp_path):
    """Four photos of one colour each, written long ago, and a file that only looks like one."""
    colors = {"a.jpg": (200, 30, 30), "b.png": (30, 200, 30), "c.tif": (30, 30, 200)}
    for name, color in colors.items():
        Image.new("RGB", (3000, 2000), color).save(tmp_path / name)
    Image.new("RGB", (2000, 3000), (200, 200, 30)).save(
        os.fsencode(tmp_path) + b"/d \xff.jpg", "JPEG"
    )
    (tmp_path / "e.jpg").write_text("this is text")
    for path in tmp_path.iterdir():
        os.utime(path, (1_500_000_000, 1_500_000_000))
    return os.fsencode(tmp_path)


@pytest.fixture
def client(qtbot, home):
    """A client that starts the real daemon, and ends it afterwards."""
    processes = []

    def launch(folders):
        processes.append(start_daemon(folders))

    client = DaemonClient(resolve_folders(), launch=launch)
    with qtbot.waitSignal(client.connected, timeout=LONG_MS):
        client.start()
    client.processes = processes
    yield client
    client.close()
    for process in processes:
        process.terminate()
        process.wait(30)


@pytest.fixture
def browser(qtbot, client, photos):
    """A grid of the folder with everything painted."""
    grid = ThumbnailGrid(ListingModel(client), ThumbnailStore(client))
    qtbot.addWidget(grid)
    grid.resize(900, 500)
    grid.show()
    grid._listing.open(photos)
    qtbot.waitUntil(lambda: settled(grid, 5), timeout=LONG_MS)
    return grid


def settled(grid, count):
    listing = grid._listing
    paths = list(listing.paths(range(len(listing))))
    return len(paths) == count and all(map(grid._thumbnails.is_settled, paths))


def center_color(grid, row):
    shot = grid.viewport().grab().toImage()
    return shot.pixelColor(grid.cell_rect(row).center()).getRgb()[:3]


def near(color, expected):
    return max(abs(one - other) for one, other in zip(color, expected, strict=True)) <= 4


def test_a_folder_of_photos_is_painted_and_a_text_is_named_as_none(browser, photos):
    expected = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30))
    painted = [center_color(browser, row) for row in range(4)]
    assert [near(*pair) for pair in zip(painted, expected, strict=True)] == [True] * 4
    assert "e.jpg" in browser._thumbnails.error(photos + b"/e.jpg").message


def test_thumbnails_come_from_the_cache_the_second_time(qtbot, client, browser, photos, home):
    def kept():
        indexes = (home / "cache" / "thumbnails").glob("*.index")
        return sum(path.stat().st_size for path in indexes) // INDEX_RECORD_BYTES

    qtbot.waitUntil(lambda: kept() == 4, timeout=LONG_MS)
    again = ThumbnailStore(client)
    stages = []
    again.ready.connect(lambda path: stages.append(again.thumbnail(path).stage))
    with qtbot.waitSignal(again.ready, timeout=LONG_MS):
        again.want([photos + b"/d \xff.jpg"])
    thumbnail = again.thumbnail(photos + b"/d \xff.jpg")
    assert stages == ["final"]
    assert (thumbnail.source_width, thumbnail.source_height) == (2000, 3000)


def test_a_file_saved_over_is_painted_anew(qtbot, browser, photos):
    Image.new("RGB", (3000, 2000), (10, 10, 10)).save(photos.decode() + "/a.jpg")
    qtbot.waitUntil(lambda: near(center_color(browser, 0), (10, 10, 10)), timeout=LONG_MS)


def test_a_result_saved_beside_its_original_appears(qtbot, browser, photos):
    temp = photos.decode() + "/.a_color_grade.rvpart"
    Image.new("RGB", (300, 200), (90, 90, 90)).save(temp, "JPEG")
    os.rename(temp, photos.decode() + "/a_color_grade.jpg")
    qtbot.waitUntil(lambda: settled(browser, 6), timeout=LONG_MS)
    assert near(center_color(browser, 1), (90, 90, 90))


def test_a_photo_fills_the_screen_and_its_full_pixels_follow(qtbot, client, browser, photos, home):
    store = PreviewStore(client, resolve_folders())
    with qtbot.waitSignal(
        store.ready, timeout=LONG_MS, check_params_cb=lambda p: p.quality == "screen"
    ):
        store.want(photos + b"/a.jpg", 1800, 1100)
    preview = store.preview(photos + b"/a.jpg")
    assert (preview.image.width(), preview.image.height()) == (1650, 1100)
    with qtbot.waitSignal(
        store.ready, timeout=LONG_MS, check_params_cb=lambda p: p.quality == "full"
    ):
        store.want(photos + b"/a.jpg", 0, 0)
    full = store.preview(photos + b"/a.jpg").image
    assert (full.width(), full.height()) == (3000, 2000)
    assert near(full.pixelColor(2999, 1999).getRgb()[:3], (200, 30, 30))
    qtbot.waitUntil(lambda: list((home / "cache" / "surfaces").iterdir()) == [])


def test_a_killed_daemon_is_started_again_and_the_grid_goes_on(qtbot, client, browser, photos):
    with qtbot.waitSignals([client.disconnected, client.connected], timeout=LONG_MS):
        os.kill(client.processes[-1].pid, signal.SIGKILL)
    assert len(browser._listing) == 5
    Image.new("RGB", (300, 200), (90, 90, 90)).save(photos.decode() + "/new.jpg")
    qtbot.waitUntil(lambda: settled(browser, 6), timeout=LONG_MS)
