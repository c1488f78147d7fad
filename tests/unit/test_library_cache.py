import os

import pytest

from daemon.library.surfaces import Surfaces
from daemon.library.thumbnail_cache import PhotoState, ThumbnailCache

PHOTO = PhotoState(b"/photos/\xff.jpg", 1_700_000_000_123_456_789, 4242)
JPEG = b"\xff\xd8 not really one \xff\xd9"


@pytest.fixture
def cache(tmp_path):
    cache = ThumbnailCache(tmp_path / "thumbnails")
    cache.prepare()
    return cache


def write(cache, photo=PHOTO, size_px=512, jpeg=JPEG, limit_mb=16):
    with open(cache.incoming(photo, size_px), "wb") as stream:
        stream.write(jpeg)
    cache.take(photo, size_px, (6000, 4000), limit_mb)


def test_what_was_taken_in_is_found_with_the_photos_own_size(cache):
    write(cache)
    assert cache.read(PHOTO, 512) == (JPEG, 6000, 4000)


def test_another_size_time_or_length_is_another_thumbnail(cache):
    write(cache)
    assert cache.read(PHOTO, 256) is None
    assert cache.read(PHOTO._replace(mtime_ns=PHOTO.mtime_ns + 1), 512) is None
    assert cache.read(PHOTO._replace(size_bytes=1), 512) is None


def test_a_file_cut_short_is_no_thumbnail(cache, tmp_path):
    write(cache)
    (path,) = (tmp_path / "thumbnails").rglob("*.jpg")
    os.truncate(path, 20)
    assert cache.read(PHOTO, 512) is None


def test_a_dropped_thumbnail_is_not_found_again(cache):
    write(cache)
    cache.drop(PHOTO, 512)
    assert cache.read(PHOTO, 512) is None


def test_nothing_written_is_nothing_kept(cache):
    cache.take(PHOTO, 512, (6000, 4000), 16)
    assert cache.read(PHOTO, 512) is None


def test_over_the_limit_the_longest_unused_go(cache, tmp_path):
    big = b"\xff\xd8" + bytes(3 << 20)
    photos = [PHOTO._replace(size_bytes=number) for number in range(6)]
    for age, photo in enumerate(photos):
        write(cache, photo, jpeg=big)
        (place,) = (tmp_path / "thumbnails").rglob(
            os.fsdecode(os.path.basename(cache._place(photo, 512)))
        )
        os.utime(place, (1000 + age, 1000 + age))
    kept = [cache.read(photo, 512) is not None for photo in photos]
    assert kept == [False, False, True, True, True, True]


def test_surfaces_are_files_of_this_user_alone(tmp_path):
    path = Surfaces(tmp_path / "surfaces").make()
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700


def test_a_mapped_surface_is_unlinked_by_its_own_receiver_only(tmp_path):
    surfaces = Surfaces(tmp_path / "surfaces")
    path = surfaces.make()
    surface_id = surfaces.give(1, path)
    surfaces.release(2, surface_id)
    assert os.path.exists(path)
    surfaces.release(1, surface_id)
    assert not os.path.exists(path)


def test_surfaces_of_a_client_that_left_are_unlinked(tmp_path):
    surfaces = Surfaces(tmp_path / "surfaces")
    mine, other = surfaces.make(), surfaces.make()
    surfaces.give(1, mine)
    surfaces.give(2, other)
    surfaces.release_all(1)
    assert (os.path.exists(mine), os.path.exists(other)) == (False, True)


def test_surfaces_of_an_earlier_daemon_are_swept(tmp_path):
    path = Surfaces(tmp_path / "surfaces").make()
    Surfaces(tmp_path / "surfaces").sweep()
    assert not os.path.exists(path)
