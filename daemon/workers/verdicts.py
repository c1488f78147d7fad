"""The sentences for what a worker's end cost."""

from __future__ import annotations

import signal

from daemon.protocol.errors import ErrorInfo, ErrorKind
from daemon.task_files import file_in_words
from daemon.tasks import AnyTask
from daemon.workers.limits import WorkerLimits

_UNTIL_CHANGED = "It is left alone until the file changes."


def out_of_memory(task: AnyTask, limits: WorkerLimits) -> ErrorInfo:
    """The worker grew over its limit."""
    return ErrorInfo(
        ErrorKind.OUT_OF_MEMORY,
        f"{file_in_words(task)} needs more than {limits.memory_bytes >> 20} MB of memory.",
        "Raise daemon.worker_memory_mb in config.yaml; until then it is left alone.",
    )


def ended_by_the_system(task: AnyTask) -> ErrorInfo:
    """Somebody else killed the worker: nearly always the system, for want of memory."""
    return ErrorInfo(
        ErrorKind.OUT_OF_MEMORY,
        f"The system ended the process that worked on {file_in_words(task)}, as it does when "
        "memory runs out.",
        "Close other programs, then try again in a few minutes.",
    )


def timed_out(task: AnyTask, limits: WorkerLimits) -> ErrorInfo:
    """The worker said nothing for too long."""
    return ErrorInfo(
        ErrorKind.TIMED_OUT,
        f"Work on {file_in_words(task)} made no progress for {limits.silence_s:g} s.",
        "Is its drive awake? Otherwise the file may be damaged; it is left alone for a while.",
    )


def died(task: AnyTask, exit_code: int | None) -> ErrorInfo:
    """The worker's process ended by itself."""
    return ErrorInfo(
        ErrorKind.WORKER_DIED,
        f"{file_in_words(task)} made the process that read it end ({_how(exit_code)}).",
        f"The file is probably damaged. {_UNTIL_CHANGED}",
    )


def answered_nonsense(task: AnyTask) -> ErrorInfo:
    """What the worker sent is no answer to the task."""
    return ErrorInfo(
        ErrorKind.WORKER_DIED,
        f"{file_in_words(task)} made the process that read it lose its way.",
        f"The file is probably damaged. {_UNTIL_CHANGED}",
    )


def did_not_start(task: AnyTask, reason: str) -> ErrorInfo:
    """There is no process to do the work."""
    return ErrorInfo(
        ErrorKind.WORKER_DIED,
        f"No process could be started to work on {file_in_words(task)}: {reason}.",
        "The daemon's log has the details; `rabbitviewer daemon status` names it.",
    )


def _how(exit_code: int | None) -> str:
    if exit_code is None:
        return "it closed its pipe"
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"
