"""Pictures are sent once to a host, and again when the host no longer has them as they were."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from daemon.comfyui.replies import UploadedImage
from daemon.comfyui.uploads import Uploads


class FileHost:
    """A host's input folder; names are taken as they come."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.changes = 0
        self.sent: list[str] = []
        self.says_tags = True

    async def upload(self, path: Path, name: str) -> UploadedImage:
        self.sent.append(name)
        self.put(name, path.read_bytes())
        return UploadedImage(name, "rabbitviewer", "input")

    def put(self, name: str, content: bytes) -> None:
        self.files[name] = content
        self.changes += 1

    async def headers(self, path: str, params: Mapping[str, str]) -> Mapping[str, str]:
        assert (path, params["type"], params["subfolder"]) == ("/view", "input", "rabbitviewer")
        content = self.files.get(params["filename"])
        if content is None:
            return {}
        tag = {"etag": f'"{self.changes}"'} if self.says_tags else {}
        return {"content-length": str(len(content)), **tag}


@pytest.fixture
def host() -> FileHost:
    return FileHost()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "sent.png"
    path.write_bytes(b"pixels")
    return path


def place(host: FileHost, *pictures: Path) -> list[str]:
    async def story() -> list[str]:
        uploads = Uploads(host, host.upload)
        return [(await uploads.place(each)).reference for each in pictures]

    return asyncio.run(story())


def test_the_same_picture_is_sent_once(host: FileHost, picture: Path) -> None:
    first, second = place(host, picture, picture)
    assert first == second
    assert len(host.sent) == 1


def test_another_content_under_the_same_path_is_another_picture(
    host: FileHost, picture: Path
) -> None:
    async def story() -> tuple[str, str]:
        uploads = Uploads(host, host.upload)
        first = await uploads.place(picture)
        picture.write_bytes(b"other pixels")
        return first.name, (await uploads.place(picture)).name

    first, second = asyncio.run(story())
    assert first != second
    assert host.files[second] == b"other pixels"


def sent_again_after(host: FileHost, picture: Path, change: str) -> int:
    async def story() -> int:
        uploads = Uploads(host, host.upload)
        name = (await uploads.place(picture)).name
        {"vanished": lambda: host.files.pop(name), "other": lambda: host.put(name, b"xpixel")}[
            change
        ]()
        await uploads.place(picture)
        return len(host.sent)

    return asyncio.run(story())


def test_a_picture_that_vanished_on_the_host_is_sent_again(host: FileHost, picture: Path) -> None:
    assert sent_again_after(host, picture, "vanished") == 2


def test_a_picture_that_somebody_replaced_on_the_host_is_sent_again(
    host: FileHost, picture: Path
) -> None:
    assert sent_again_after(host, picture, "other") == 2


def test_a_host_that_does_not_tell_its_files_apart_gets_the_picture_each_time(
    host: FileHost, picture: Path
) -> None:
    host.says_tags = False
    place(host, picture, picture)
    assert len(host.sent) == 2
