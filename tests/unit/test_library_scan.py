import os

import pytest

from daemon.library import scan
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.natural import natural_key
from daemon.protocol.values import FolderEntry


def test_numbers_in_names_are_counted_not_spelled():
    names = [b"img10.jpg", b"img9.jpg", b"img010b.jpg", b"img1.jpg"]
    assert sorted(names, key=natural_key) == [
        b"img1.jpg",
        b"img9.jpg",
        b"img10.jpg",
        b"img010b.jpg",
    ]


def test_case_does_not_separate_names():
    names = [b"b.jpg", b"A.jpg", b"C.jpg", b"a2.jpg"]
    assert sorted(names, key=natural_key) == [b"A.jpg", b"a2.jpg", b"b.jpg", b"C.jpg"]


def test_names_that_differ_have_keys_that_differ():
    assert natural_key(b"IMG_1.jpg") != natural_key(b"img_01.jpg")


def test_a_name_that_is_not_utf8_has_a_key():
    assert natural_key(b"caf\xe9 2.jpg") < natural_key(b"caf\xe9 10.jpg")


@pytest.mark.parametrize("name", [b"a.jpg", b"A.JPEG", b"x.y.TIFF", b"r.CR3", b"\xff.png"])
def test_a_photo_is_listed_by_its_ending(name):
    assert scan.is_photo_name(name)


@pytest.mark.parametrize("name", [b".a.jpg", b".jpg", b"jpg", b"a.txt", b".a.jpg.rvpart", b""])
def test_other_and_hidden_names_are_not_listed(name):
    assert not scan.is_photo_name(name)


def test_subfolders_are_sorted_naturally_and_say_whether_they_have_their_own(tmp_path):
    (tmp_path / "day 10").mkdir()
    (tmp_path / "day 2" / "raw").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "photo.jpg").write_bytes(b"x")
    assert scan.list_subfolders(os.fsencode(tmp_path)) == (
        FolderEntry(b"day 2", True),
        FolderEntry(b"day 10", False),
    )


@pytest.mark.parametrize("path", [b"relative", b"", b"/a\0b"])
def test_a_path_that_can_name_nothing_is_refused(path):
    with pytest.raises(RabbitError) as caught:
        scan.check_path(path)
    assert caught.value.info.kind is ErrorKind.INVALID_REQUEST


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FileNotFoundError(2, "x"), ErrorKind.NOT_FOUND),
        (PermissionError(13, "x"), ErrorKind.PERMISSION_DENIED),
        (NotADirectoryError(20, "x"), ErrorKind.INVALID_REQUEST),
        (OSError(5, "Input/output error"), ErrorKind.UNREADABLE),
    ],
)
def test_a_folder_that_cannot_be_read_says_why(error, kind):
    failure = scan.folder_error(b"/photos", error)
    assert failure.info.kind is kind
    assert "/photos" in failure.info.message


def test_a_network_mount_is_known_by_its_longest_mount_point(tmp_path, monkeypatch):
    table = tmp_path / "mountinfo"
    table.write_bytes(
        b"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        b"2 1 0:50 / /mnt/my\\040nas rw shared:1 - nfs4 nas:/x rw\n"
        b"3 2 8:2 / /mnt/my\\040nas/local rw - ext4 /dev/sdb1 rw\n"
    )
    monkeypatch.setattr(scan, "_MOUNTS", str(table))
    assert scan.is_on_network(b"/mnt/my nas/photos")
    assert not scan.is_on_network(b"/mnt/my nas/local/photos")
    assert not scan.is_on_network(b"/home/me")
