import os
from pathlib import Path

import pytest

from daemon.edits.outputs import Target, check_writable, give_final_name, plan_target
from daemon.protocol.errors import ErrorKind, RabbitError

PATTERN = "{stem}_{operation}"


def plan(photo: bytes, output: bytes = b"", pattern: str = PATTERN) -> Target:
    return plan_target(photo, output, pattern=pattern, operation="color_grade")


def test_by_default_a_result_stands_beside_its_original() -> None:
    assert plan(b"/photos/a.jpg") == Target(b"/photos/a_color_grade")


def test_a_pattern_of_the_settings_may_name_a_subfolder() -> None:
    assert plan(b"/p/a.jpg", pattern="graded/{stem}") == Target(b"/p/graded/a")


def test_a_stem_that_is_not_text_survives() -> None:
    assert plan(b"/p/\xff\xe9.jpg").base == b"/p/\xff\xe9_color_grade"


def test_an_existing_folder_takes_the_default_name(tmp_path: Path) -> None:
    output = os.fsencode(tmp_path)
    assert plan(b"/p/a.jpg", output) == Target(output + b"/a_color_grade")


def test_a_file_keeps_its_own_ending() -> None:
    assert plan(b"/p/a.jpg", b"/out/warm.TIFF") == Target(b"/out/warm", ".tiff")


def test_a_file_without_ending_gets_the_photos() -> None:
    assert plan(b"/p/a.jpg", b"/out/warm") == Target(b"/out/warm")


def test_a_dot_in_a_name_is_no_ending() -> None:
    assert plan(b"/p/a.jpg", b"/out/v1.final version") == Target(b"/out/v1.final version")


def test_a_stem_with_braces_stays_as_it_is() -> None:
    assert plan(b"/p/{operation}.jpg").base == b"/p/{operation}_color_grade"


def test_a_stem_in_a_pattern_is_filled_in() -> None:
    assert plan(b"/p/a.jpg", b"/out/{stem}-warm.png") == Target(b"/out/a-warm", ".png")


def test_a_dot_in_the_stem_is_no_ending_of_the_pattern() -> None:
    assert plan(b"/p/v1.5.jpg", b"/out/{stem}") == Target(b"/out/v1.5")


def test_a_pattern_that_leaves_its_folder_is_refused() -> None:
    with pytest.raises(RabbitError) as caught:
        plan(b"/p/a.jpg", b"/out/{stem}/../../x.png")
    assert caught.value.info.kind is ErrorKind.OUTPUT_REFUSED


def test_an_ending_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(RabbitError, match=r"\.psd"):
        plan(b"/p/a.jpg", b"/out/x.psd")


def test_a_relative_output_is_refused() -> None:
    with pytest.raises(RabbitError, match="absolute"):
        plan(b"/p/a.jpg", b"x.png")


def test_a_stem_that_leaves_no_room_for_the_operation_is_cut() -> None:
    names = plan(b"/p/" + b"x" * 251 + b".jpg").names(".jpg")
    assert next(names) == b"/p/" + b"x" * 233 + b"_color_grade.jpg"
    assert next(names) == b"/p/" + b"x" * 233 + b"_color_grade-1.jpg"


def test_a_long_stem_is_not_cut_through_a_letter() -> None:
    stem = plan("/p/{}.jpg".format("\u96ea" * 83).encode(), pattern="{stem}_ab").base
    assert stem == ("/p/" + "\u96ea" * 80 + "_ab").encode()


def test_a_long_stem_that_is_not_text_is_cut_too() -> None:
    base = plan(b"/p/" + b"\xbf" * 251 + b".jpg").base
    assert base == b"/p/" + b"\xbf" * 233 + b"_color_grade"


def test_a_long_name_makes_room_for_its_number() -> None:
    names = Target(b"/out/" + b"x" * 251, ".jpg").names("")
    assert [len(next(names)) for _ in range(2)] == [5 + 255, 5 + 255]


def test_a_file_name_that_is_too_long_is_refused_before_any_work() -> None:
    with pytest.raises(RabbitError, match="more than 255 bytes"):
        plan(b"/p/a.jpg", b"/out/" + b"x" * 252 + b".jpg")


def test_a_device_is_no_place_for_a_result() -> None:
    with pytest.raises(RabbitError, match="device"):
        plan(b"/p/a.jpg", b"/dev/null")


def test_a_file_in_a_folders_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RabbitError, match="a file stands in its place"):
        check_writable(Target(os.fsencode(tmp_path / "file" / "a")))


@pytest.fixture
def made(tmp_path: Path) -> tuple[Target, bytes]:
    target = Target(os.fsencode(tmp_path / "a"))
    temp = target.temporary("0123456789")
    Path(os.fsdecode(temp)).write_bytes(b"new")
    return target, temp


def test_a_result_takes_the_plain_name_when_it_is_free(made: tuple[Target, bytes]) -> None:
    target, temp = made
    assert give_final_name(temp, os.stat(temp).st_ino, target, ".jpg") == target.base + b".jpg"
    assert not os.path.exists(temp)


def test_a_result_never_replaces_a_file(made: tuple[Target, bytes]) -> None:
    target, temp = made
    taken = Path(os.fsdecode(target.base + b".jpg"))
    taken.write_bytes(b"old")
    final = give_final_name(temp, os.stat(temp).st_ino, target, ".jpg")
    assert final == target.base + b"-1.jpg"
    assert taken.read_bytes() == b"old"


def test_naming_again_after_a_crash_in_between_finds_the_name_given(
    made: tuple[Target, bytes],
) -> None:
    target, temp = made
    inode = os.stat(temp).st_ino
    os.link(temp, target.base + b".jpg")
    assert give_final_name(temp, inode, target, ".jpg") == target.base + b".jpg"
    assert not os.path.exists(temp)


def test_naming_again_after_the_temporary_name_is_gone_finds_the_name_given(
    made: tuple[Target, bytes],
) -> None:
    target, temp = made
    inode = os.stat(temp).st_ino
    os.rename(temp, target.base + b".jpg")
    assert give_final_name(temp, inode, target, ".jpg") == target.base + b".jpg"


def test_a_vanished_result_is_told_apart_from_a_finished_one(made: tuple[Target, bytes]) -> None:
    target, temp = made
    inode = os.stat(temp).st_ino
    os.unlink(temp)
    with pytest.raises(FileNotFoundError):
        give_final_name(temp, inode, target, ".jpg")
