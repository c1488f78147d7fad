import errno
import os

import pytest

from daemon.library.surfaces import Surfaces
from daemon.library.thumbnail_cache import PhotoState, ThumbnailCache

PHOTO = PhotoState(b"/photos/\xff.jpg", 1_700_000_000_123_456_789, 4242)
JPEG = b"\xff\xd8 not really one \xff\xd9"
MEGABYTE = b"\xff\xd8" + bytes((1 << 20) - 2)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "thumbnails"


@pytest.fixture
def cache(folder):
    return ThumbnailCache(folder)


def write(cache, photo=PHOTO, size_px=512, jpeg=JPEG, limit_mb=16):
    cache.add(photo, size_px, jpeg, size=(512, 341), source=(6000, 4000), limit_mb=limit_mb)


def numbered(number):
    return PHOTO._replace(size_bytes=number)


def test_what_was_kept_is_found_with_the_photos_own_size(cache):
    write(cache)
    found = cache.find(PHOTO, 512)
    assert (found.width_px, found.height_px) == (512, 341)
    assert (found.source_width_px, found.source_height_px) == (6000, 4000)
    assert cache.read(PHOTO, 512) == JPEG


def test_another_size_time_or_length_is_another_thumbnail(cache):
    write(cache)
    assert cache.find(PHOTO, 256) is None
    assert cache.find(PHOTO._replace(mtime_ns=PHOTO.mtime_ns + 1), 512) is None
    assert cache.find(PHOTO._replace(size_bytes=1), 512) is None


def test_a_restart_finds_what_was_kept(cache, folder):
    write(cache)
    write(cache, numbered(2), jpeg=JPEG + b"2")
    cache.close()
    again = ThumbnailCache(folder)
    assert again.read(PHOTO, 512) == JPEG
    assert again.read(numbered(2), 512) == JPEG + b"2"


def test_many_thumbnails_share_a_file(cache, folder):
    write(cache, numbered(1))
    write(cache, numbered(2))
    assert sorted(path.suffix for path in folder.iterdir()) == [".index", ".pack"]


def test_after_a_restart_the_last_pack_goes_on(cache, folder):
    write(cache)
    cache.close()
    again = ThumbnailCache(folder)
    write(again, numbered(2))
    assert len(list(folder.glob("*.pack"))) == 1
    assert again.read(numbered(2), 512) == JPEG


def test_a_torn_record_is_dropped_and_does_not_spoil_the_next(cache, folder):
    write(cache)
    cache.close()
    (index,) = folder.glob("*.index")
    index.write_bytes(index.read_bytes() + b"torn")
    again = ThumbnailCache(folder)
    write(again, numbered(2))
    again.close()
    third = ThumbnailCache(folder)
    assert third.read(PHOTO, 512) == JPEG
    assert third.read(numbered(2), 512) == JPEG


def test_a_pack_cut_short_gives_nothing(cache, folder):
    write(cache)
    cache.close()
    (pack,) = folder.glob("*.pack")
    os.truncate(pack, 5)
    assert ThumbnailCache(folder).find(PHOTO, 512) is None


def test_a_pack_without_its_index_goes(cache, folder):
    write(cache)
    cache.close()
    next(folder.glob("*.index")).unlink()
    assert ThumbnailCache(folder).find(PHOTO, 512) is None
    assert list(folder.iterdir()) == []


def test_bytes_that_changed_on_the_disk_are_no_thumbnail(cache, folder):
    write(cache)
    (pack,) = folder.glob("*.pack")
    pack.write_bytes(bytes(len(JPEG)))
    assert cache.read(PHOTO, 512) is None
    assert cache.find(PHOTO, 512) is None


def test_a_dropped_thumbnail_is_not_found_again(cache):
    write(cache)
    cache.drop(PHOTO, 512)
    assert cache.find(PHOTO, 512) is None


def test_a_folder_deleted_meanwhile_is_begun_anew(cache, folder):
    write(cache)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    write(cache, numbered(2))
    assert cache.read(PHOTO, 512) is None
    assert cache.read(numbered(2), 512) == JPEG


def test_a_limit_of_nothing_keeps_nothing(cache, folder):
    write(cache, limit_mb=0)
    assert not folder.exists()


def test_over_the_limit_the_oldest_go(cache):
    for number in range(6):
        write(cache, numbered(number), jpeg=MEGABYTE, limit_mb=4)
    found = [cache.find(numbered(number), 512) is not None for number in range(6)]
    assert found == [False, False, True, True, True, True]


def test_what_was_looked_at_stays_when_the_oldest_go(cache):
    for number in range(4):
        write(cache, numbered(number), jpeg=MEGABYTE, limit_mb=4)
    cache.freshen(numbered(0), 512, 4)
    write(cache, numbered(5), jpeg=MEGABYTE, limit_mb=4)
    assert cache.find(numbered(0), 512) is not None
    assert cache.find(numbered(1), 512) is None


def test_a_full_disk_keeps_nothing_and_is_left_alone_for_a_while(cache, monkeypatch):
    write(cache)
    tried = []

    def full(handle, data):
        tried.append(handle)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    write(cache, numbered(2))
    write(cache, numbered(3))
    monkeypatch.undo()
    assert len(tried) == 1
    assert cache.find(numbered(2), 512) is None
    assert cache.read(PHOTO, 512) == JPEG


def test_a_folder_that_cannot_be_made_is_no_failure(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    cache = ThumbnailCache(tmp_path / "file" / "thumbnails")
    write(cache)
    assert cache.find(PHOTO, 512) is None


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
