"""Which files a task reads: to name them in a failure, and to remember one that killed a worker."""

from __future__ import annotations

from daemon.tasks import (
    AnyTask,
    ApplyLut,
    ChangeMask,
    ConvertLut,
    DecodePreview,
    FitGrade,
    FitPair,
    KeepModelPicture,
    LoadMask,
    PrepareMask,
    PrepareSmall,
    ScanFacts,
    ShowCached,
    WriteMask,
)


def files_read(task: AnyTask) -> tuple[bytes, ...]:
    """Return the files whose content could break a worker, the most telling one first."""
    match task:
        case DecodePreview() | ShowCached() | WriteMask():
            return ()
        case ScanFacts():
            return task.paths
        case FitGrade():
            return (task.edited_path, task.png_path)
        case FitPair():
            return (task.original_path, task.edited_path)
        case ApplyLut():
            return tuple(path for path in (task.path, task.cube_path, task.mask_path) if path)
        case KeepModelPicture():
            return (task.path, task.edited_path)
        case ConvertLut():
            return (task.source_path,)
        case LoadMask() | PrepareMask():
            return (task.mask_path,) if task.mask_path else ()
        case ChangeMask():
            return tuple(path for path in (task.photo_path, task.path) if path)
        case _:
            return (task.path,)


def photo_kept(task: AnyTask) -> bytes:
    """Return the photo whose pixels a worker keeps after *task*; empty: none."""
    if isinstance(task, FitPair):
        return task.photo_path
    return task.path if isinstance(task, PrepareSmall) else b""


def photo_taken(task: AnyTask) -> bytes:
    """Return the photo whose kept pixels *task* uses up; empty: none."""
    return task.path if isinstance(task, ApplyLut | KeepModelPicture) else b""


def file_in_words(task: AnyTask) -> str:
    """Return the photo a task is about as a person reads it; never undecodable text."""
    match task:
        case DecodePreview():
            return "a preview from the host"
        case ShowCached():
            return "a picture of the cache"
        case ScanFacts():
            path = task.paths[0] if task.paths else b""
        case FitPair():
            path = task.original_path
        case ConvertLut():
            path = task.source_path
        case WriteMask():
            return "a mask"
        case LoadMask() | PrepareMask():
            path = task.mask_path or b"a mask"
        case ChangeMask():
            path = task.path or task.photo_path or b"a mask"
        case _:
            path = task.path
    return path.decode("utf-8", "backslashreplace")
