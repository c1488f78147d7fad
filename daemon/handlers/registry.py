"""Which module handles which task; it is imported when the first such task arrives."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable

from daemon.handlers.context import Context
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.tasks import (
    AnyResult,
    AnyTask,
    ApplyLut,
    ChangeMask,
    CheckImage,
    CheckMask,
    ConvertLut,
    DecodePreview,
    ExportPicture,
    FitGrade,
    FitPair,
    HashPhoto,
    ImportMask,
    KeepModelPicture,
    LoadMask,
    MakePreview,
    MakeThumbnail,
    MeasureTones,
    PrepareMask,
    PrepareSmall,
    ReadPhotoInfo,
    ScanFacts,
    ShowCached,
    ShowGrades,
    TurnPhoto,
    WriteMask,
)

Handler = Callable[[AnyTask, Context], tuple[AnyResult, bytes]]

_LOOKING = "daemon.handlers.looking"
_CHECKING = "daemon.handlers.checking"
_FITTING = "daemon.handlers.fitting"
_GRADING = "daemon.handlers.grading"
_LUT_CONVERTING = "daemon.handlers.lut_converting"
_LOOKS = "daemon.handlers.looks"
_CATALOGUING = "daemon.handlers.cataloguing"
_TONING = "daemon.handlers.toning"
_TURNING = "daemon.handlers.turning"
_HASHING = "daemon.handlers.hashing"
_MASKING = "daemon.handlers.masking"
_MASK_CHANGES = "daemon.handlers.mask_changes"
_MODULES: dict[type[AnyTask], str] = {
    MakeThumbnail: _LOOKING,
    MakePreview: _LOOKING,
    ReadPhotoInfo: _LOOKING,
    ScanFacts: _CATALOGUING,
    HashPhoto: _HASHING,
    MeasureTones: _TONING,
    TurnPhoto: _TURNING,
    CheckImage: _CHECKING,
    DecodePreview: _LOOKING,
    ShowCached: _LOOKING,
    PrepareSmall: _GRADING,
    FitGrade: _FITTING,
    FitPair: _FITTING,
    ApplyLut: _GRADING,
    KeepModelPicture: _GRADING,
    ConvertLut: _LUT_CONVERTING,
    ShowGrades: _LOOKS,
    CheckMask: _MASKING,
    LoadMask: _MASKING,
    WriteMask: _MASKING,
    ImportMask: _MASKING,
    ChangeMask: _MASK_CHANGES,
    PrepareMask: _MASKING,
    ExportPicture: _MASKING,
}


def find_handler(kind: type[AnyTask]) -> Handler:
    """Return the function that carries out tasks of *kind*.

    Raises:
        RabbitError: ``internal``; no module handles it.
    """
    module = _MODULES.get(kind)
    if module is None:
        raise RabbitError(ErrorKind.INTERNAL, f"No worker can carry out {kind.__name__}.")
    return importlib.import_module(module).HANDLERS[kind]


def preload(pool: str) -> None:
    """Import what the first task of *pool* would wait for.

    Only for the light pool: its modules are few, and somebody is looking at the screen. A module
    that cannot be imported fails with the first task that needs it.
    """
    if pool == "light":
        with contextlib.suppress(ImportError):
            importlib.import_module(_LOOKING)
