"""A video's poster frame, taken by ffmpeg, which is asked for one picture and given little time."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
from numpy.typing import NDArray

from daemon.decode.source import Source
from daemon.protocol.errors import ErrorKind, RabbitError

_SECONDS = 20
_FROM_S = ("1", "0")
_MAX_FRAME_BYTES = 512 << 20
_DEMUXERS = {"iso": "mov", "riff": "avi", "ebml": "matroska", "asf": "asf", "ps": "mpeg"}


def poster_frame(source: Source) -> NDArray[np.uint8]:
    """Return a frame of the first seconds, upright, shape (H, W, 3).

    ffmpeg reads this file alone: the container is named to it, so that a playlist in disguise
    cannot lead it elsewhere.

    Raises:
        RabbitError: ``unsupported_format`` without ffmpeg, ``unreadable``, ``timed_out``.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise source.unsupported(
            "is a video, whose picture ffmpeg would show, and there is no ffmpeg on this computer",
            "Install ffmpeg, then refresh the folder.",
        )
    detail = ""
    for start in _FROM_S:
        data, detail = _run(source, program, start)
        if data:
            return _picture(source, data)
    raise source.damaged(detail or "ffmpeg found no picture in it")


def _run(source: Source, program: str, start: str) -> tuple[bytes, str]:
    container = _DEMUXERS.get(container_of(source.read_at(0, 64)), "mpegts")
    command = [
        *(program, "-nostdin", "-v", "error", "-threads", "1", "-timelimit", str(_SECONDS)),
        *("-protocol_whitelist", "file", "-f", container, "-ss", start),
        *("-i", b"file:" + source.path, "-map", "0:v:0", "-frames:v", "1", "-an", "-sn", "-dn"),
        *("-f", "image2pipe", "-c:v", "ppm", "pipe:1"),
    ]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise RabbitError(
            ErrorKind.TIMED_OUT,
            f"No picture of {source.name} was found within {_SECONDS} s.",
            "The video may be damaged, or its drive asleep.",
        ) from error
    except OSError as error:
        raise source.unsupported(
            f"is a video, and ffmpeg cannot be started ({error.strerror})", "Install it again."
        ) from error
    return done.stdout, done.stderr.decode("utf-8", "replace")[-400:]


def _picture(source: Source, data: bytes) -> NDArray[np.uint8]:
    """Read a binary PPM of 8 bits."""
    magic, *numbers = (*data[:64].split(None, 4), b"")[:4]
    width, height, top = (
        (int(part) if part.isdigit() else 0) for part in (*numbers, *[b""] * 3)[:3]
    )
    size = width * height * 3
    if magic != b"P6" or top != 255 or not 0 < size <= min(_MAX_FRAME_BYTES, len(data)):
        raise source.damaged("ffmpeg gave something else than a picture")
    return np.frombuffer(data, np.uint8, size, len(data) - size).reshape(height, width, 3)


def container_of(head: bytes) -> str:
    """Return the kind of container that begins with *head*; empty: none, or a transport stream."""
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "iso"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "riff"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "ebml"
    if head[:8] == b"\x30\x26\xb2\x75\x8e\x66\xcf\x11":
        return "asf"
    return "ps" if head[:4] == b"\0\0\1\xba" else ""
