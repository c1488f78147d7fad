"""What a client may ask of the edits, and answers that fit into a message."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

import msgspec

from daemon.edits.outputs import check_writable, cube_target
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.messages import AiEditRequest, Jobs
from daemon.protocol.values import JobInfo
from daemon.protocol.workflows import MAX_SEED

MAX_STRENGTH = 1.5
MIN_LUT_SIZE, MAX_LUT_SIZE = 2, 129
FIT_MODES = ("auto", "lut", "spatial", "model")
CHANNELS = ("all", "luma", "chroma")
MAX_PROMPT_CHARS = 20_000
MAX_IMAGES, MAX_PARAMETERS = 200, 1000
_ANSWER_BYTES = 768 * 1024


def check_values(request: AiEditRequest) -> None:
    """Refuse values outside their limits.

    Raises:
        RabbitError: ``invalid_request``; names the value.
    """
    problem = _source_problem(request) or _value_problem(request)
    if problem:
        raise RabbitError(ErrorKind.INVALID_REQUEST, f"The edit was not started: {problem}.")


def _value_problem(request: AiEditRequest) -> str:
    """Return which value is outside its limits; mostly empty."""
    problem = ""
    if not 0.0 <= request.strength <= MAX_STRENGTH:
        problem = f"strength {request.strength:g} is outside 0 to {MAX_STRENGTH:g}"
    elif not MIN_LUT_SIZE <= request.lut_size <= MAX_LUT_SIZE:
        problem = f"lut_size {request.lut_size} is outside {MIN_LUT_SIZE} to {MAX_LUT_SIZE}"
    elif request.fit not in FIT_MODES:
        problem = _fit_problem(request.fit)
    elif request.channels not in CHANNELS:
        problem = _channels_problem(request.channels)
    elif any(len(words) > MAX_PROMPT_CHARS for words in _texts(request)):
        problem = f"a prompt is longer than {MAX_PROMPT_CHARS} characters"
    elif len(request.images) > MAX_IMAGES or len(request.parameters) > MAX_PARAMETERS:
        problem = "it names more pictures or parameters than any workflow has"
    elif request.seed is not None and not 0 <= request.seed <= MAX_SEED:
        problem = f"seed {request.seed} is outside 0 to {MAX_SEED}"
    elif request.long_edge_px and not 64 <= request.long_edge_px <= 4096:
        problem = f"long_edge_px {request.long_edge_px} is outside 64 to 4096"
    return problem


def _texts(request: AiEditRequest) -> tuple[str, ...]:
    more = request.negative, request.prompt_2, request.negative_prompt_2
    return request.prompt, *(words for words in more if words is not None)


def check_fit(fit: str) -> None:
    """Refuse a way of fitting that there is not.

    Raises:
        RabbitError: ``invalid_request``; names the ways.
    """
    if fit not in FIT_MODES:
        raise RabbitError(
            ErrorKind.INVALID_REQUEST, f"The edit was not started: {_fit_problem(fit)}."
        )


def check_apply(strength: float, channels: str) -> None:
    """Refuse what a LUT cannot be applied with.

    Raises:
        RabbitError: ``invalid_request``; names the value.
    """
    if not 0.0 <= strength <= MAX_STRENGTH:
        problem = f"Strength {strength:g} is outside 0 to {MAX_STRENGTH:g}"
    elif channels not in CHANNELS:
        problem = "The LUT was not applied: " + _channels_problem(channels)
    else:
        return
    raise RabbitError(ErrorKind.INVALID_REQUEST, f"{problem}.")


def _fit_problem(fit: str) -> str:
    return f"fit '{fit}' is none of {', '.join(FIT_MODES)}"


def _channels_problem(channels: str) -> str:
    return f"channels '{channels}' is none of {', '.join(CHANNELS)}"


def _source_problem(request: AiEditRequest) -> str:
    """Return what keeps photo, pool and mask from telling what to work on; mostly empty."""
    if request.pool and request.path:
        return "it names a photo and a pool; leave one of them away"
    if not request.pool and not os.path.isabs(request.path):
        return f"{os.fsdecode(request.path)} is not an absolute path"
    if request.mask and not os.path.isabs(request.mask):
        return f"the mask {os.fsdecode(request.mask)} is not an absolute path"
    if request.mask and request.whole:
        return "it names a mask and the whole photo; leave one of them away"
    if request.index < -1:
        return f"index {request.index} is neither -1 (the active photo) nor a place in the pool"
    return ""


def check_files(photo: bytes, cube: bytes) -> None:
    """Refuse a photo that is none, and a ``.cube`` that could not be written in the end.

    Raises:
        RabbitError: what is wrong, and with which file.
    """
    name = os.fsdecode(photo)
    try:
        mode = os.stat(photo).st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RabbitError(ErrorKind.NOT_FOUND, f"{name} does not exist.") from error
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
        raise RabbitError(
            ErrorKind.PERMISSION_DENIED,
            f"{name} cannot be reached: {reason}.",
            "Check the permissions of its folder.",
        ) from error
    if stat.S_ISDIR(mode):
        raise RabbitError(ErrorKind.NOT_A_PHOTO, f"{name} is a folder.", "Name a photo inside it.")
    if cube:
        check_writable(cube_target(cube))


def jobs_answer(jobs: Iterable[JobInfo]) -> Jobs:
    """Return as many of *jobs* as one message holds, the first of them in any case."""
    fitting: list[JobInfo] = []
    room = _ANSWER_BYTES
    for job in jobs:
        room -= len(msgspec.msgpack.encode(job))
        if room < 0 and fitting:
            return Jobs(jobs=tuple(fitting), more=True)
        fitting.append(job)
    return Jobs(jobs=tuple(fitting))
