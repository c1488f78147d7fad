"""Photos that are the same or look alike: hashes, groups, the best of each."""

import asyncio
import contextlib
import os
import random
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageFilter
from skimage import data

from daemon.files.alike import near_groups
from daemon.files.duplicates import DuplicateService
from daemon.handlers.hashing import hash_photo
from daemon.imaging.perceptual import perceptual_hash, sharpness
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.message import WirePath
from daemon.protocol.messages import CancelRequests
from daemon.protocol.organising import Duplicates, DuplicatesRequest, FileWorkProgress
from daemon.storage.hashes import Hashed, HashFile
from daemon.tasks import AnyTask, HashPhoto, PhotoHashed
from tests.fakes.peer import FakePeer
from tests.fakes.render import FakeRender


class Context:
    def checkpoint(self, fraction: float | None = None) -> None:
        del fraction


def hashed(path: Path) -> PhotoHashed:
    return hash_photo(HashPhoto(path=os.fsencode(path)), Context())[0]


def differing(first: Path, second: Path) -> int:
    return (hashed(first).perceptual_hash ^ hashed(second).perceptual_hash).bit_count()


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("originals")
    pictures = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    paths = [folder / f"{number}.jpg" for number in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(picture).resize((1500, 1000)).save(path, quality=95)
    return paths


# ---------------------------------------------------------------- hashes


@pytest.mark.parametrize(
    "change",
    [
        lambda image, path: image.save(path, quality=30),
        lambda image, path: image.resize((400, 267)).save(path, quality=80),
        lambda image, path: ImageEnhance.Brightness(image).enhance(1.2).save(path),
        lambda image, path: image.convert("L").save(path),
        lambda image, path: image.filter(ImageFilter.GaussianBlur(2)).save(path),
    ],
    ids=["compressed", "scaled", "brighter", "gray", "blurred"],
)
def test_versions_of_a_photo_differ_in_few_bits(
    tmp_path: Path, originals: list[Path], change
) -> None:
    path = tmp_path / "version.jpg"
    with Image.open(originals[0]) as image:
        change(image, path)
    assert differing(originals[0], path) <= 6


def test_a_photo_turned_by_its_orientation_is_the_same_photo(
    tmp_path: Path, originals: list[Path]
) -> None:
    exif = Image.Exif()
    exif[274] = 6
    with Image.open(originals[1]) as image:
        image.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "a.jpg", exif=exif, quality=95)
    assert differing(originals[1], tmp_path / "a.jpg") <= 3


def test_unrelated_photos_differ_in_many_bits(originals: list[Path]) -> None:
    distances = [
        differing(first, second)
        for at, first in enumerate(originals)
        for second in originals[at + 1 :]
    ]
    assert min(distances) > 16


def test_the_hash_of_a_wave_tells_its_frequency() -> None:
    across = np.tile(np.cos(np.pi * (2 * np.arange(64) + 1) / 128), (64, 1)).astype(np.float32)
    first, negative = perceptual_hash(across), perceptual_hash(-across)
    assert first >> 63 == 1
    assert negative >> 63 == 0


def test_less_detail_is_less_sharp_and_brightness_does_not_count(originals: list[Path]) -> None:
    with Image.open(originals[0]) as image:
        sharp = np.asarray(image.convert("L"), np.float32)
        soft = np.asarray(image.filter(ImageFilter.GaussianBlur(3)).convert("L"), np.float32)
    assert sharpness(soft) < sharpness(sharp) / 3
    assert sharpness(sharp * 0.5 + 20) == pytest.approx(sharpness(sharp), rel=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (2, 500), (3, 3), (33, 31), (500, 7)])
def test_odd_sizes_have_a_hash(shape: tuple[int, int]) -> None:
    luma = np.random.default_rng(1).random(shape, np.float32)
    assert 0 <= perceptual_hash(luma) < 1 << 64
    assert sharpness(luma) >= 0


def test_an_even_picture_is_not_sharp() -> None:
    assert sharpness(np.full((20, 20), 0.5, np.float32)) == 0.0


# ---------------------------------------------------------------- groups


@given(
    st.lists(st.integers(0, (1 << 64) - 1), max_size=12),
    st.lists(st.integers(0, 63), max_size=8),
    st.integers(0, 11),
)
def test_who_is_near_enough_is_never_alone(
    values: list[int], flips: list[int], distance: int
) -> None:
    changed = list(values)
    for at, bit in enumerate(flips[:distance]):
        if changed:
            changed[at % len(changed)] ^= 1 << bit
    hashes = values + changed
    grouped = {index for group in near_groups(hashes, distance) for index in group}
    pairs = [
        (a, b)
        for a in range(len(hashes))
        for b in range(a)
        if (hashes[a] ^ hashes[b]).bit_count() <= distance
    ]
    assert all(a in grouped or b in grouped for a, b in pairs)


@given(st.lists(st.integers(0, (1 << 64) - 1), max_size=20), st.integers(0, 11))
def test_everybody_in_a_group_is_near_its_first(values: list[int], distance: int) -> None:
    hashes = values + [value ^ 0b101 for value in values]
    assert all(
        (hashes[group[0]] ^ hashes[index]).bit_count() <= distance
        for group in near_groups(hashes, distance)
        for index in group
    )


def test_a_chain_of_small_steps_does_not_join_its_ends() -> None:
    chain = [(1 << length) - 1 for length in range(0, 40, 4)]
    assert all(len(group) <= 3 for group in near_groups(chain, 4))


@pytest.mark.slow
def test_a_hundred_thousand_hashes_are_grouped_in_seconds() -> None:
    chance = random.Random(1)
    values = [chance.getrandbits(64) for _ in range(50_000)]
    hashes = values + [value ^ (1 << chance.randrange(64)) for value in values]
    assert len(near_groups(hashes, 6)) == 50_000


# ---------------------------------------------------------------- the cache


def test_hashes_are_found_again_and_a_torn_end_costs_only_itself(tmp_path: Path) -> None:
    file = HashFile(tmp_path / "hashes.bin")
    keys = [HashFile.key_of(b"/\xff.jpg", 1, number) for number in range(3)]
    for number, key in enumerate(keys):
        file.add({key: Hashed((1 << 64) - 1 - number, 0.5, 24)})
    with (tmp_path / "hashes.bin").open("ab") as stream:
        stream.write(b"torn")
    file.add({b"k" * 16: Hashed(7, 1.0, 1)})
    known = file.read()
    assert [known[key].perceptual_hash for key in keys] == [(1 << 64) - 1 - n for n in range(3)]
    assert known[b"k" * 16] == Hashed(7, 1.0, 1)


def test_a_file_that_is_none_of_ours_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "hashes.bin").write_bytes(b"something else entirely, and long enough")
    file = HashFile(tmp_path / "hashes.bin")
    assert file.read() == {}
    file.add({b"k" * 16: Hashed(7, 1.0, 1)})
    assert list(file.read()) == [b"k" * 16]


# ---------------------------------------------------------------- the service


def by_hand(task: AnyTask) -> tuple[PhotoHashed, bytes] | RabbitError:
    assert isinstance(task, HashPhoto)
    try:
        return hash_photo(task, Context())
    except RabbitError as error:
        return error


@contextlib.asynccontextmanager
async def service(folder: Path, run=by_hand) -> AsyncIterator[tuple[DuplicateService, FakeRender]]:
    render = FakeRender(run)
    made = DuplicateService(render, HashFile(folder / "cache" / "hashes.bin"))  # type: ignore[arg-type]
    try:
        yield made, render
    finally:
        await made.close()


def search(tmp_path: Path, folder: Path, **more: object) -> Duplicates:
    async def story() -> Duplicates:
        async with service(tmp_path) as (made, _):
            request = DuplicatesRequest(folder=WirePath.of(folder), request_id=7, **more)
            return await made.duplicates(FakePeer(), request)

    return asyncio.run(story())


def named(found: Duplicates) -> list[tuple[list[str], bool]]:
    return [
        ([os.fsdecode(os.path.basename(path)) for path in group.paths], group.exact)
        for group in found.groups
    ]


@pytest.fixture
def folder(tmp_path: Path, originals: list[Path]) -> Path:
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    for path in originals[:3]:
        shutil.copy2(path, folder / path.name)
    shutil.copy2(originals[0], folder / "below" / "copy.jpg")
    with Image.open(originals[1]) as image:
        image.save(folder / "squashed.jpg", quality=25)
        image.filter(ImageFilter.GaussianBlur(2)).save(folder / "soft.jpg", quality=97)
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "link.jpg").symlink_to("0.jpg")
    return folder


def test_the_same_and_the_like_are_grouped_with_the_best_first(
    tmp_path: Path, folder: Path
) -> None:
    found = named(search(tmp_path, folder))
    assert found[0] == (["0.jpg", "copy.jpg"], True)
    assert found[1][0][0] == "1.jpg"
    assert (set(found[1][0]), found[1][1]) == ({"1.jpg", "soft.jpg", "squashed.jpg"}, False)
    assert len(found) == 2


def test_a_distance_of_nothing_finds_equal_content_alone(tmp_path: Path, folder: Path) -> None:
    assert named(search(tmp_path, folder, distance=0)) == [(["0.jpg", "copy.jpg"], True)]


def test_subfolders_are_left_out_where_that_is_wanted(tmp_path: Path, folder: Path) -> None:
    assert all(not exact for _, exact in named(search(tmp_path, folder, recursive=False)))


def test_a_broken_photo_is_named_and_the_rest_is_searched(tmp_path: Path, folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    found = search(tmp_path, folder)
    assert [os.path.basename(each.path) for each in found.failed] == [b"broken.jpg"]
    assert len(found.groups) == 2


def test_a_second_search_decodes_nothing(tmp_path: Path, folder: Path) -> None:
    search(tmp_path, folder)

    async def story() -> int:
        async with service(tmp_path) as (made, render):
            request = DuplicatesRequest(folder=WirePath.of(folder), request_id=8)
            await made.duplicates(FakePeer(), request)
            return len(render.submitted)

    assert asyncio.run(story()) == 0


def test_progress_carries_the_requests_id(tmp_path: Path, folder: Path) -> None:
    async def story() -> FileWorkProgress:
        peer = FakePeer()
        async with service(tmp_path) as (made, _):
            await made.duplicates(peer, DuplicatesRequest(folder=WirePath.of(folder), request_id=9))
        last = peer.of(FileWorkProgress)[-1]
        assert isinstance(last, FileWorkProgress)
        return last

    last = asyncio.run(story())
    assert (last.work_id, last.done, last.total) == (9, 5, 5)


def test_a_cancelled_search_ends_with_its_kind_and_takes_its_tasks_along(
    tmp_path: Path, folder: Path
) -> None:
    async def story() -> tuple[ErrorKind, bool]:
        peer = FakePeer()
        async with service(tmp_path, lambda task: None) as (made, render):
            request = DuplicatesRequest(folder=WirePath.of(folder), request_id=3)
            running = asyncio.create_task(made.duplicates(peer, request))
            first = await render.first()
            await made.cancel_requests(peer, CancelRequests(request_ids=(3,)))
            with pytest.raises(RabbitError) as caught:
                await running
            return caught.value.info.kind, first.outcome.cancelled()

    assert asyncio.run(story()) == (ErrorKind.CANCELLED, True)


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RabbitError) as caught:
        search(tmp_path, tmp_path / "nowhere")
    assert caught.value.info.kind is ErrorKind.UNREADABLE
