import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.decode.facts import read_facts
from daemon.decode.info import read_info
from daemon.decode.photo import read_photo
from daemon.decode.source import open_source
from daemon.decode.thumbnail import make_preview, make_thumbnail
from daemon.decode.video_header import video_size
from daemon.protocol.errors import ErrorKind, RabbitError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")


STAND_IN = """#!{python}
import os, sys
with open(os.path.join(os.path.dirname(sys.argv[0]), "asked"), "wb") as file:
    file.write(b"\\0".join(map(os.fsencode, sys.argv)))
sys.stdout.buffer.write(b"P6\\n4 2\\n255\\n" + bytes([200, 100, 10]) * 8)
"""


def box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I4s", 8 + len(data), kind) + data


def header_only(folder: Path, *, turned: bool = False) -> bytes:
    """An MP4 that says its size, 1920 x 1080, and holds no frames."""
    matrix = (0, 1 << 16, 0, -(1 << 16), 0, 0) if turned else (1 << 16, 0, 0, 0, 1 << 16, 0)
    track = bytes(40) + struct.pack(">9i", *matrix, 0, 0, 1 << 30)
    track += struct.pack(">II", 1920 << 16, 1080 << 16)
    movie = box(b"moov", box(b"trak", box(b"tkhd", track)))
    path = folder / "video.mp4"
    path.write_bytes(box(b"ftyp", b"isom", bytes(4), b"isom") + box(b"mdat", bytes(100)) + movie)
    return os.fsencode(path)


@pytest.fixture
def video(tmp_path: Path) -> bytes:
    path = tmp_path / "vidéo - 1.mp4"
    source = ("-f", "lavfi", "-i", "color=c=red:size=320x180:duration=0.5:rate=5")
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", *source, path], check=True)
    return os.fsencode(path)


@needs_ffmpeg
@pytest.mark.slow
def test_a_video_is_shown_by_one_of_its_frames(video: bytes) -> None:
    picture = make_thumbnail(video, 160)
    assert picture.pixels.shape == (90, 160, 4)
    assert (picture.source_width_px, picture.source_height_px) == (320, 180)
    assert picture.pixels[45, 80].tolist() == pytest.approx([0, 0, 254, 255], abs=4)


@needs_ffmpeg
@pytest.mark.slow
def test_a_name_that_is_not_utf8_reaches_ffmpeg(video: bytes) -> None:
    other = os.path.join(os.path.dirname(video), b"-i caf\xe9.mp4")
    os.rename(video, other)
    assert make_preview(other, 0, 0).pixels.shape == (180, 320, 4)


@needs_ffmpeg
@pytest.mark.slow
def test_a_playlist_in_disguise_leads_nowhere(tmp_path: Path, video: bytes) -> None:
    playlist = b"ffconcat version 1.0\nfile '" + video + b"'\n"
    path = tmp_path / "playlist.mp4"
    path.write_bytes(box(b"ftyp", b"isom", bytes(4), b"isom") + playlist)
    with pytest.raises(RabbitError) as caught:
        make_thumbnail(os.fsencode(path), 160)
    assert caught.value.info.kind is ErrorKind.UNREADABLE


@pytest.mark.skipif(os.name != "posix", reason="a script stands in for ffmpeg")
def test_ffmpeg_is_asked_for_one_frame_of_this_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "bin" / "ffmpeg"
    stand_in.parent.mkdir()
    stand_in.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", str(stand_in.parent))
    other = os.path.join(os.fsencode(tmp_path), b"-i caf\xe9.mp4")
    os.rename(header_only(tmp_path), other)
    picture = make_preview(other, 0, 0)
    assert picture.pixels[:, :, :3].tolist() == [[[10, 100, 200]] * 4] * 2
    asked = (tmp_path / "bin" / "asked").read_bytes().split(b"\0")
    assert asked[asked.index(b"-i") + 1] == b"file:" + other
    assert asked[asked.index(b"-f") + 1] == b"mov"
    assert asked[asked.index(b"-frames:v") + 1] == b"1"


def test_without_ffmpeg_a_video_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RabbitError) as caught:
        make_thumbnail(header_only(tmp_path), 160)
    assert "ffmpeg" in caught.value.info.message
    assert caught.value.info.hint == "Install ffmpeg, then refresh the folder."


def test_a_video_cannot_be_graded(tmp_path: Path) -> None:
    with pytest.raises(RabbitError) as caught:
        read_photo(header_only(tmp_path))
    assert caught.value.info.kind is ErrorKind.UNSUPPORTED_FORMAT
    assert "is a video" in caught.value.info.message


@pytest.mark.parametrize(("turned", "size"), [(False, (1920, 1080)), (True, (1080, 1920))])
def test_a_videos_size_is_read_from_its_header(
    tmp_path: Path, turned: bool, size: tuple[int, int]
) -> None:
    with open_source(header_only(tmp_path, turned=turned)) as source:
        assert video_size(source) == size


def test_the_facts_of_a_video_have_its_size_and_no_problem(tmp_path: Path) -> None:
    facts = read_facts(header_only(tmp_path))
    assert facts is not None
    assert (facts.format, facts.width_px, facts.problem) == ("video", 1920, "")
    assert read_info(header_only(tmp_path)).format == "video"
