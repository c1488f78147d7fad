"""The JSON documents of ``--json``, made from what the daemon answers; see docs/cli.schema.json."""

from __future__ import annotations

import math
import os
from typing import cast

import msgspec

from daemon.protocol.errors import ErrorInfo
from daemon.protocol.messages import Message
from daemon.protocol.values import FitReport, JobInfo

Document = dict[str, object]


def error_document(info: ErrorInfo) -> Document:
    """Return the ``error`` of a failed item."""
    return {"kind": str(info.kind), "message": info.message, "hint": info.hint}


def failed_photo(path: bytes, info: ErrorInfo) -> Document:
    """Return what stands in a failed photo's place."""
    return {"path": os.fsdecode(path), "error": error_document(info)}


def fit_document(fit: FitReport) -> Document:
    """Return the report of a fit."""
    return plain(fit)


def grade_document(job: JobInfo) -> Document:
    """Return a finished grade, a failed one, or one that goes on without us."""
    path = os.fsdecode(job.path)
    if job.error is not None:
        error = error_document(job.error)
        return {"job_id": job.job_id, "path": path, "error": error} | _origin(job)
    if job.result_path is None:
        return {"job_id": job.job_id, "path": path, "state": job.state} | _origin(job)
    document: Document = {
        "job_id": job.job_id,
        "path": path,
        "result_path": os.fsdecode(job.result_path),
        "cube_path": os.fsdecode(job.cube_path) if job.cube_path else None,
        "workflow": job.workflow,
        "host": job.host,
        "seed": job.seed,
        "fit": None if job.fit is None else fit_document(job.fit),
        "ai": job.ai,
        "timings_s": dict(job.timings_s),
    }
    if job.mask_path is not None:
        document["mask_path"] = os.fsdecode(job.mask_path)
        document["outside_identical"] = job.outside_identical
    if job.prompt_used and job.prompt_used != job.prompt:
        document["prompt_used"] = job.prompt_used
    if job.notes:
        document["notes"] = list(job.notes)
    return document | _origin(job)


def _origin(job: JobInfo) -> Document:
    """Return the slot of the pool that the photo of *job* came from, if it did."""
    if not job.pool_id:
        return {}
    return {"pool_id": job.pool_id, "index": job.index, "slot": job.slot}


def job_document(job: JobInfo) -> Document:
    """Return all that is known of a job."""
    document = plain(job)
    document["error"] = None if job.error is None else error_document(job.error)
    return document


def plain(value: msgspec.Struct) -> Document:
    """Return a message or value as JSON holds it: bytes are paths, the envelope is left out."""
    document: Document = {}
    for name in value.__struct_fields__:
        if not (isinstance(value, Message) and name == "request_id"):
            document[name] = _plain(getattr(value, name))
    return document


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return os.fsdecode(value)
    if isinstance(value, msgspec.Struct):
        return plain(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in cast("dict[str, object]", value).items()}
    return value
