from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.settings_file import MAX_FILE_BYTES, SettingsFileError, parse, read_capped, replace_file


def test_every_value_knows_its_line_and_column() -> None:
    root = parse(b"comfyui:\n  # the port\n  port: 8188\n")
    section = root.plain()
    assert section == {"comfyui": {"port": 8188}}
    assert isinstance(root.value, dict)
    inner = root.value["comfyui"]
    assert isinstance(inner.value, dict)
    assert str(inner.value["port"].place) == "line 3, column 9"
    assert str(inner.keys["port"]) == "line 3, column 3"


@pytest.mark.parametrize("text", [b"", b"# only a comment\n", b"---\n", b"\xef\xbb\xbf"])
def test_a_file_without_values_is_an_empty_mapping(text: bytes) -> None:
    assert parse(text).plain() == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"a: 1\nb: 2\na: 3\n", "line 3, column 1: 'a' stands twice, first on line 1"),
        (b"a: &x [1]\nb: *x\n", "line 1, column 4: anchors and aliases"),
        (b"a:\n\tb: 1\n", "line 2, column 1: a tab; indent with spaces"),
        (b"a: \xff\n", "line 1: not UTF-8"),
        (b"a: \x07\n", "line 1, column 4: a character"),
        (b"- 1\n", "line 1, column 1: expected sections"),
        (b"text", "line 1, column 1: expected sections"),
        (b"? [a]\n: 1\n", "line 1, column 3: a key must be a plain word"),
        (b"a: !!binary x\n", "line 1, column 4"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_place(text: bytes, complaint: str) -> None:
    with pytest.raises(SettingsFileError) as caught:
        parse(text)
    assert str(caught.value).startswith(complaint)


def test_deep_nesting_is_refused_without_recursion() -> None:
    with pytest.raises(SettingsFileError, match="nested more than 12 levels"):
        parse(b"a: " + b"[" * 60_000)


def test_a_file_over_the_limit_is_refused_before_parsing(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(SettingsFileError, match="larger than 64 KiB"):
        read_capped(path)


def test_a_fifo_does_not_hang_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    os.mkfifo(path)
    assert read_capped(path) == b""


def test_a_folder_in_the_files_place_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsFileError, match="cannot be read: Is a directory"):
        read_capped(tmp_path)


def test_replacing_keeps_the_files_mode_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def verdict(data: bytes) -> object:
    try:
        return parse(data).value
    except SettingsFileError as error:
        return str(error)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_mapping_or_a_sentence(data: bytes) -> None:
    assert isinstance(verdict(data), (dict, str))


@given(st.text(alphabet="{}[]:,-&*!|>?#'\"\\\n abc0._~%@`", max_size=80))
def test_any_yaml_like_text_is_a_mapping_or_a_sentence(text: str) -> None:
    assert isinstance(verdict(text.encode()), (dict, str))
