"""Failures as they cross the socket and the worker pipes: a kind to act on, a sentence to read."""

from __future__ import annotations

import enum

import msgspec


class ErrorKind(enum.StrEnum):
    """Closed set of failures a caller can act on."""

    INVALID_REQUEST = "invalid_request"
    NOT_FOUND = "not_found"
    NOT_A_PHOTO = "not_a_photo"
    UNREADABLE = "unreadable"
    UNSUPPORTED_FORMAT = "unsupported_format"
    OUTPUT_REFUSED = "output_refused"
    DISK_FULL = "disk_full"
    PERMISSION_DENIED = "permission_denied"
    SETTINGS_INVALID = "settings_invalid"
    WORKFLOW_INVALID = "workflow_invalid"
    WORKFLOW_UNAVAILABLE = "workflow_unavailable"
    HOST_UNREACHABLE = "host_unreachable"
    HOST_REFUSED = "host_refused"
    HOST_FAILED = "host_failed"
    JOB_LOST = "job_lost"
    OVER_BUDGET = "over_budget"
    OUT_OF_MEMORY = "out_of_memory"
    RESULT_INVALID = "result_invalid"
    FIT_FAILED = "fit_failed"
    WORKER_DIED = "worker_died"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    NO_TRASH = "no_trash"
    NOTHING_TO_UNDO = "nothing_to_undo"
    ALREADY_EXISTS = "already_exists"
    DAEMON_UNAVAILABLE = "daemon_unavailable"
    VERSION_MISMATCH = "version_mismatch"
    INTERNAL = "internal"


class ErrorInfo(msgspec.Struct, frozen=True):
    """One failure.

    Attributes:
        kind: What a caller matches on; never the text.
        message: One sentence: what failed, on what.
        hint: One sentence: what to do about it; empty when there is nothing to advise.
        context: Details for a "Details" fold (node ids, the server's own text), never secrets.
    """

    kind: ErrorKind
    message: str
    hint: str = ""
    context: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class RabbitError(Exception):
    """Base of every failure that a person may read; carries its :class:`ErrorInfo`."""

    def __init__(
        self, kind: ErrorKind, message: str, hint: str = "", context: dict[str, str] | None = None
    ) -> None:
        details = {name: readable(text) for name, text in (context or {}).items()}
        self.info = ErrorInfo(kind, readable(message), readable(hint), details)
        super().__init__(self.info.message)

    @classmethod
    def from_info(cls, info: ErrorInfo) -> RabbitError:
        """Rebuild the exception from what crossed a process boundary."""
        return cls(info.kind, info.message, info.hint, info.context)


EMPTY_MASK = ErrorInfo(
    ErrorKind.INVALID_REQUEST,
    "Inpaint mask strokes are empty.",
    "Paint where the edit shall count, or take the mask away.",
)
"""An all-black mask, wherever an edit is asked for."""


def readable(text: str) -> str:
    r"""Return *text* with bytes of undecodable file names as ``\xNN``, so that it can be sent."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
