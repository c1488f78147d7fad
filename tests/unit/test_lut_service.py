"""LUTs without a host: what is asked of the workers, what is left behind, what is refused."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from daemon.edits.lut_service import LutService
from daemon.protocol.errors import RabbitError
from daemon.protocol.messages import (
    LutApplyRequest,
    LutExtractRequest,
    LutSpatialRequest,
    WirePath,
)
from daemon.protocol.values import FitReport
from daemon.settings import Settings
from daemon.tasks import AnyTask, ApplyLut, FileWritten, FitPair, GradeFitted
from tests.fakes.peer import FakePeer


class Workers:
    """Answer tasks at once, leaving the files that a worker would leave."""

    def __init__(self) -> None:
        self.asked: list[AnyTask] = []
        self.model = "spatial"

    def submit(self, task: AnyTask, *, priority: object) -> SimpleNamespace:
        del priority
        self.asked.append(task)

        async def result() -> tuple[object, bytes]:
            return self._done(task), b""

        return SimpleNamespace(result=result)

    def _done(self, task: AnyTask) -> object:
        if isinstance(task, FitPair):
            Path(os.fsdecode(task.cube_path)).write_bytes(b"LUT")
            if task.grid_path:
                Path(os.fsdecode(task.grid_path)).write_bytes(b"grid")
            return GradeFitted(
                report=FitReport(self.model), color_space="srgb", notes=("Another scene?",)
            )
        assert isinstance(task, ApplyLut)
        result = Path(os.fsdecode(task.temp_path))
        result.write_bytes(b"graded")
        return FileWritten(
            width_px=1,
            height_px=1,
            size_bytes=6,
            inode=result.stat().st_ino,
            extension=".jpg",
            notes=("CMYK was converted.",),
        )


class Bench:
    """The service over scripted workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work = folder / "work"
        self.workers = Workers()
        settings = SimpleNamespace(current=Settings())
        self.service = LutService(self.workers, settings, SimpleNamespace(), self.work)

    def path(self, name: str) -> WirePath:
        return WirePath.of(self.folder / name)

    def spatial(self, **more: Any) -> Any:
        request = LutSpatialRequest(
            original=self.path("small.png"),
            edited=self.path("edited.png"),
            path=self.path("photo.jpg"),
            output=self.path("out.jpg"),
            **more,
        )
        return self.run(self.service.spatial(FakePeer(), request))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(work)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_spatial_grade_is_fitted_in_the_photos_space_and_applied_to_it(bench: Bench) -> None:
    graded = bench.spatial(strength=0.5, channels="luma", register=False)
    fit, apply = bench.workers.asked
    assert isinstance(fit, FitPair)
    assert isinstance(apply, ApplyLut)
    assert (fit.fit, fit.photo_path, fit.register) == ("spatial", bench.path("photo.jpg"), False)
    assert (apply.cube_path, apply.grid_path) == (fit.cube_path, fit.grid_path)
    assert (apply.strength, apply.channels) == (0.5, "luma")
    assert graded.result_path == bench.path("out.jpg")
    assert graded.notes == ("Another scene?", "CMYK was converted.")


def test_the_recipe_says_that_the_grade_varies_over_the_picture(bench: Bench) -> None:
    bench.spatial()
    apply = bench.workers.asked[1]
    assert isinstance(apply, ApplyLut)
    recipe = json.loads(apply.recipe)
    assert (recipe["operation"], recipe["model"], recipe["lut"]) == ("lut", "spatial", "edited.png")


def test_a_pair_without_anything_that_varies_is_applied_as_a_lut(bench: Bench) -> None:
    bench.workers.model = "lut"
    graded = bench.spatial()
    apply = bench.workers.asked[1]
    assert isinstance(apply, ApplyLut)
    assert (apply.grid_path, graded.fit.model) == (b"", "lut")


def test_nothing_but_the_result_is_left_behind(bench: Bench, tmp_path: Path) -> None:
    bench.spatial()
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["out.jpg"]
    assert list(bench.work.iterdir()) == []


def test_an_existing_result_is_not_replaced(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "out.jpg").write_bytes(b"mine")
    assert bench.spatial().result_path == bench.path("out-1.jpg")
    assert (tmp_path / "out.jpg").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"strength": 1.6}, "Strength 1.6 is outside 0 to 1.5"),
        ({"channels": "red"}, "channels 'red' is none of all, luma, chroma"),
    ],
)
def test_what_cannot_be_applied_is_refused_before_any_work(
    bench: Bench, wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(RabbitError, match=words):
        bench.spatial(**wrong)
    assert bench.workers.asked == []


@pytest.mark.parametrize(("name", "hald"), [("x.png", True), ("x.cube", False)])
def test_the_ending_says_as_what_a_lut_is_written(bench: Bench, name: str, hald: bool) -> None:
    request = LutExtractRequest(
        original=bench.path("a.png"), edited=bench.path("b.png"), output=bench.path(name)
    )
    extracted = bench.run(bench.service.extract(FakePeer(), request))
    (fit,) = bench.workers.asked
    assert isinstance(fit, FitPair)
    assert (fit.hald, fit.fit) == (hald, "lut")
    assert extracted.cube_path == bench.path(name)


def test_a_lut_is_applied_to_the_channels_that_were_asked_for(bench: Bench) -> None:
    request = LutApplyRequest(
        path=bench.path("a.jpg"),
        cube=bench.path("x.cube"),
        output=bench.path("r.jpg"),
        channels="chroma",
    )
    applied = bench.run(bench.service.apply(FakePeer(), request))
    (task,) = bench.workers.asked
    assert isinstance(task, ApplyLut)
    assert (task.channels, task.grid_path) == ("chroma", b"")
    assert applied.result_path == bench.path("r.jpg")


def test_a_lut_is_not_applied_to_channels_that_there_are_not(bench: Bench) -> None:
    path = bench.path("a.jpg")
    request = LutApplyRequest(path=path, cube=path, output=path, channels="hue")
    with pytest.raises(RabbitError, match="none of all, luma, chroma"):
        bench.run(bench.service.apply(FakePeer(), request))
