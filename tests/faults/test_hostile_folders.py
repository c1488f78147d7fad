"""Folders that do what folders should not, before the real daemon: the rest stays usable."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from daemon.protocol.endpoint import resolve_folders
from daemon.protocol.errors import ErrorKind
from daemon.protocol.messages import (
    Failed,
    FolderChunk,
    FolderDelta,
    FolderOpen,
    Message,
    ThumbnailReady,
    ThumbnailRequest,
    WirePath,
)
from tests.fakes.client import Client, connected
from tests.fakes.daemon_process import running_daemon

pytestmark = pytest.mark.slow

ODD_STEMS = (
    *(b"caf\xe9", b"\xff\xfe\xfd", b"\x80", b"a\xc3", b"\xed\xa0\x80", b"\xf0\x28\x8c\x28"),
    *(
        b"line\nbreak",
        b"two\n\nbreaks",
        b"carriage\rreturn",
        b"tab\there",
        b"bell\x07",
        b"\x1b[31m",
    ),
    *(b"-", b"--help", b"-rf", b"--trace", b"~", b"~root", b"$HOME", b"$(reboot)", b"`id`"),
    *(b"'", b'"', b'"quoted"', b"it's", b"back\\slash", b"a;b", b"a|b", b"a&b", b"a>b", b"*", b"?"),
    *(
        b"[a-z]",
        b"{a,b}",
        b"%s%n",
        b"%2F",
        b"#1",
        b"a b",
        b" leading",
        b"trailing ",
        b"a...",
        b"a..b",
    ),
    *(b"CON", b"nul", b"<b>bold", b"&amp;", b"x" * 251),
    *(
        text.encode()
        for text in ("\u202egnp", "\u05e9\u05dc\u05d5\u05dd", "🐇👩‍👩‍👧", "e\u0301", "\u200b")
    ),
)


def picture() -> bytes:
    stream = BytesIO()
    Image.new("RGB", (64, 48), (200, 40, 40)).save(stream, "JPEG")
    return stream.getvalue()


def put(folder: Path, name: bytes, data: bytes | None = None) -> bytes:
    path = os.path.join(os.fsencode(folder), name)
    with open(path, "wb") as stream:
        stream.write(picture() if data is None else data)
    return path


def tell(story: Callable[[Client], Awaitable[object]]) -> object:
    """Run *story* with a client of a real daemon."""

    async def main() -> object:
        async with running_daemon(), connected(resolve_folders().socket) as client:
            return await story(client)

    return asyncio.run(main())


async def names_in(client: Client, folder: Path, listing_id: int = 1) -> list[bytes]:
    await client.send(
        FolderOpen(path=WirePath.of(folder), listing_id=listing_id, request_id=listing_id)
    )
    names: list[bytes] = []
    while True:
        chunk = await client.next(FolderChunk)
        names += [entry.name for entry in chunk.entries]
        if chunk.last:
            return names


async def thumbnail_of(client: Client, path: bytes) -> Message:
    """Return the last answer."""
    await client.send(ThumbnailRequest(path=WirePath(path), size_px=64, request_id=9))
    while True:
        message = await client.receive()
        if message.request_id == 9 and getattr(message, "stage", "final") == "final":
            return message


def test_fifty_hostile_names_are_listed_and_shown(tmp_path: Path) -> None:
    names = sorted(stem[: 255 - 4] + b".jpg" for stem in ODD_STEMS)
    paths = [put(tmp_path, name) for name in names]

    async def story(client: Client) -> tuple[list[bytes], list[Message]]:
        listed = await names_in(client, tmp_path)
        return listed, [await thumbnail_of(client, path) for path in paths]

    listed, answers = tell(story)  # type: ignore[misc]
    assert len(names) >= 50
    assert sorted(listed) == names
    assert {type(answer) for answer in answers} == {ThumbnailReady}


def test_a_fifo_is_no_photo_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    good = put(tmp_path, b"good.jpg")

    async def story(client: Client) -> tuple[list[bytes], Message, Message]:
        fifo = os.fsencode(tmp_path / "pipe.jpg")
        listed = await names_in(client, tmp_path)
        return listed, await thumbnail_of(client, fifo), await thumbnail_of(client, good)

    listed, fifo, photo = tell(story)  # type: ignore[misc]
    assert listed == [b"good.jpg"]
    assert isinstance(fifo, Failed)
    assert fifo.error.kind is ErrorKind.NOT_A_PHOTO
    assert isinstance(photo, ThumbnailReady)


def test_a_file_that_grows_is_broken_first_and_whole_afterwards(tmp_path: Path) -> None:
    data = picture()
    path = put(tmp_path, b"growing.jpg", data[: len(data) // 3])

    async def story(client: Client) -> tuple[Message, Message, Message]:
        await names_in(client, tmp_path)
        half = await thumbnail_of(client, path)
        put(tmp_path, b"growing.jpg", data)
        delta = await client.next(FolderDelta)
        return half, delta, await thumbnail_of(client, path)

    half, delta, whole = tell(story)  # type: ignore[misc]
    assert isinstance(half, Failed | ThumbnailReady)
    assert [entry.size_bytes for entry in delta.changed] == [len(data)]
    assert isinstance(whole, ThumbnailReady)


def test_a_folder_removed_while_it_is_open_is_gone_and_others_go_on(tmp_path: Path) -> None:
    here, other = tmp_path / "here", tmp_path / "other"
    here.mkdir()
    other.mkdir()
    put(here, b"a.jpg")
    put(other, b"b.jpg")

    async def story(client: Client) -> tuple[Message, list[bytes]]:
        await names_in(client, here)
        shutil.rmtree(here)
        while True:
            delta = await client.next(FolderDelta)
            if delta.gone:
                return delta, await names_in(client, other, 2)

    delta, listed = tell(story)  # type: ignore[misc]
    assert delta.gone
    assert listed == [b"b.jpg"]


def test_another_folder_put_in_place_of_an_open_one_is_shown(tmp_path: Path) -> None:
    here, other = tmp_path / "here", tmp_path / "other"
    here.mkdir()
    other.mkdir()
    put(here, b"a.jpg")
    put(other, b"b.jpg")

    async def story(client: Client) -> set[bytes]:
        names = set(await names_in(client, here))
        here.rename(tmp_path / "before")
        other.rename(here)
        while names != {b"b.jpg"}:
            delta = await client.next(FolderDelta)
            names = set() if delta.gone else names - set(delta.removed)
            names |= {entry.name for entry in delta.added}
        return names

    assert tell(story) == {b"b.jpg"}


def test_a_folder_that_nobody_may_write_to_is_shown(tmp_path: Path) -> None:
    path = put(tmp_path, b"a.jpg")
    tmp_path.chmod(0o500)
    try:

        async def story(client: Client) -> tuple[list[bytes], Message]:
            return await names_in(client, tmp_path), await thumbnail_of(client, path)

        listed, answer = tell(story)  # type: ignore[misc]
    finally:
        tmp_path.chmod(0o700)
    assert listed == [b"a.jpg"]
    assert isinstance(answer, ThumbnailReady)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o000)

    async def story(client: Client) -> Failed:
        return await client.ask(
            FolderOpen(path=WirePath.of(locked), listing_id=1, request_id=1), Failed
        )

    failed = tell(story)
    assert isinstance(failed, Failed)
    assert failed.error.kind is ErrorKind.PERMISSION_DENIED


def test_what_is_no_folder_says_so(tmp_path: Path) -> None:
    path = put(tmp_path, b"a.jpg")

    async def story(client: Client) -> list[Failed]:
        asked = [WirePath(path), WirePath.of(tmp_path / "nothing")]
        return [
            await client.ask(FolderOpen(path=each, listing_id=number, request_id=number), Failed)
            for number, each in enumerate(asked, 1)
        ]

    failures = tell(story)
    assert isinstance(failures, list)
    assert [each.error.kind for each in failures] == [
        ErrorKind.INVALID_REQUEST,
        ErrorKind.NOT_FOUND,
    ]
