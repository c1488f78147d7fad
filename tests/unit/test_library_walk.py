import os
import random

import pytest

from daemon.library.walk import Beat, ending_of, find_photos, pair_up
from daemon.protocol.natural import NaturalOrder, natural_key, natural_sorted


def find(folder, *, recursive=False, pairs=False):
    pieces = find_photos(os.fsencode(folder), Beat(), recursive=recursive, pairs=pairs)
    return [list(piece.names) for piece in pieces]


def names(folder, **options):
    return [name for piece in find(folder, **options) for name in piece]


def touch(folder, *paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()


def random_names(alphabet, count=400):
    chance = random.Random(7)
    return list(
        {bytes(chance.choice(alphabet) for _ in range(chance.randint(1, 9))) for _ in range(count)}
    )


@pytest.mark.parametrize("alphabet", [b"aB019._", b"ab01/- \xc3\xa4\xff", b"0123456789"])
def test_many_names_are_sorted_as_their_keys_are(alphabet):
    many = random_names(alphabet)
    assert natural_sorted(many) == sorted(many, key=natural_key)
    assert NaturalOrder(many).first(25) == sorted(many, key=natural_key)[:25]


def test_names_without_any_common_shape_are_sorted_as_their_keys_are():
    chance = random.Random(3)
    many = [b"%016x.jpg" % chance.getrandbits(64) for _ in range(3000)]
    assert natural_sorted(many) == sorted(many, key=natural_key)


def test_a_folder_is_read_in_natural_order(tmp_path):
    touch(tmp_path, *(f"p{number}.jpg" for number in range(30)))
    assert names(tmp_path) == [b"p%d.jpg" % number for number in range(30)]


def test_folders_and_fifos_named_like_photos_are_not_listed(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "fifo.jpg")
    (tmp_path / "photo.jpg").write_bytes(b"x")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "photo.jpg")
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "nothing.jpg")
    assert names(tmp_path) == [b"link.jpg", b"photo.jpg"]


def test_links_that_lead_nowhere_do_not_keep_the_photos(tmp_path):
    touch(tmp_path, "a.jpg")
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    (tmp_path / "nowhere.jpg").symlink_to("nothing.jpg")
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    assert names(tmp_path) == [b"a.jpg"]
    assert names(tmp_path, recursive=True) == [b"a.jpg"]


def test_the_first_piece_of_a_large_folder_is_small(tmp_path):
    touch(tmp_path, *(f"{number}.jpg" for number in range(1300)))
    assert [len(piece) for piece in find(tmp_path)] == [200, 1000, 100]


def test_subfolders_stand_where_their_relative_names_do(tmp_path):
    touch(
        tmp_path, "b.jpg", "a/2.jpg", "a/10.jpg", "a/deep/1.jpg", "c10/x.jpg", "c9/x.jpg", "z.jpg"
    )
    touch(tmp_path, ".hidden/x.jpg", "a/.x/y.jpg")
    found = names(tmp_path, recursive=True)
    assert found == sorted(found, key=natural_key)
    assert found == [
        b"a/2.jpg",
        b"a/10.jpg",
        b"a/deep/1.jpg",
        b"b.jpg",
        b"c9/x.jpg",
        b"c10/x.jpg",
        b"z.jpg",
    ]


def test_links_that_lead_in_circles_are_gone_into_once(tmp_path):
    root, other = tmp_path / "root", tmp_path / "other"
    touch(root, "sub/a.jpg")
    touch(other, "b.jpg")
    (root / "sub" / "up").symlink_to(root)
    (root / "sub" / "self").symlink_to(root / "sub")
    (root / "elsewhere").symlink_to(other)
    (root / "again").symlink_to(other)
    (other / "back").symlink_to(root)
    assert sorted(names(root, recursive=True)) == [b"again/b.jpg", b"sub/a.jpg"]


def test_a_folder_that_may_not_be_read_does_not_keep_the_others(tmp_path, monkeypatch):
    touch(tmp_path, "a/1.jpg", "b/1.jpg")
    real = os.scandir

    def scandir(path):
        if str(path).endswith("/a/'"):
            raise PermissionError(13, "no", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert names(tmp_path, recursive=True) == [b"b/1.jpg"]


def test_a_raw_file_and_its_jpeg_are_one_photo():
    shown, partners = pair_up([b"a.CR3", b"a.jpg", b"b.nef", b"c.heic", b"c.DNG", b"d.JPG"])
    assert shown == [b"a.jpg", b"b.nef", b"c.heic", b"d.JPG"]
    assert partners == {b"a.jpg": b".CR3", b"c.heic": b".DNG"}


def test_of_two_pictures_of_one_name_the_jpeg_has_the_raw_file():
    shown, partners = pair_up([b"a.heic", b"a.jpg", b"a.cr3"])
    assert (shown, partners) == ([b"a.heic", b"a.jpg"], {b"a.jpg": b".cr3"})


def test_pairs_are_joined_in_every_folder_of_a_tree(tmp_path):
    touch(tmp_path, "x/1.jpg", "x/1.cr2", "y/1.cr2")
    pieces = list(find_photos(os.fsencode(tmp_path), Beat(), recursive=True, pairs=True))
    assert [(list(piece.names), piece.partners) for piece in pieces] == [
        ([b"x/1.jpg", b"y/1.cr2"], {b"x/1.jpg": b".cr2"})
    ]


@pytest.mark.parametrize("name", [b"a.jpg", b"sub/A.JPEG", b"x.y.TIFF", b"\xff.png"])
def test_a_photos_ending_is_known(name):
    assert ending_of(name) == name[name.rindex(b".") :]


@pytest.mark.parametrize("name", [b".a.jpg", b"sub/.jpg", b"a.jpg/b", b"a.txt", b""])
def test_what_is_no_photo_has_no_ending(name):
    assert ending_of(name) == b""
