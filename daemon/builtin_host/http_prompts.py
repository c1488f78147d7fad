"""Routes about prompts: /prompt, /queue, /interrupt, /history, /free, /api/jobs."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web

from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.job_documents import STATUSES, ended_job, open_job
from daemon.builtin_host.nodes.catalogue import Catalogue
from daemon.builtin_host.prompt_queue import PromptQueue, QueueItem
from daemon.builtin_host.validation import validate_prompt
from daemon.builtin_host.values import Json


class PromptRoutes:
    """Handlers around the queue."""

    def __init__(self, queue: PromptQueue, catalogue: Catalogue, folders: HostFolders) -> None:
        self._queue = queue
        self._catalogue = catalogue
        self._folders = folders
        self._number = 0

    def routes(self) -> list[tuple[str, str, Any]]:
        """(method, path, handler) of everything here; served with and without ``/api``."""
        return [
            ("GET", "/prompt", self.get_prompt),
            ("POST", "/prompt", self.post_prompt),
            ("GET", "/queue", self.get_queue),
            ("POST", "/queue", self.post_queue),
            ("POST", "/interrupt", self.post_interrupt),
            ("POST", "/free", self.post_free),
            ("GET", "/history", self.get_history),
            ("POST", "/history", self.post_history),
            ("GET", "/history/{prompt_id}", self.get_history_of),
        ]

    def job_routes(self) -> list[tuple[str, str, Any]]:
        """(method, path, handler) of the job documents; only under ``/api``."""
        return [
            ("GET", "/api/jobs", self.get_jobs),
            ("POST", "/api/jobs/cancel", self.post_cancel_many),
            ("GET", "/api/jobs/{job_id}", self.get_job),
            ("POST", "/api/jobs/{job_id}/cancel", self.post_cancel),
        ]

    def queue_info(self) -> Json:
        """What ``GET /prompt`` and every ``status`` message say."""
        return {"exec_info": {"queue_remaining": self._queue.remaining()}}

    async def get_prompt(self, request: web.Request) -> web.Response:
        """Number of open prompts."""
        del request
        return web.json_response(self.queue_info())

    async def post_prompt(self, request: web.Request) -> web.Response:
        """Validate a graph and queue it."""
        body = await _json_body(request)
        document = cast("Json", body) if isinstance(body, dict) else {}
        number = self._next_number(document)
        if "prompt" not in document:
            message = "No prompt provided"
            return _refuse("no_prompt", message, message)
        prompt_id = document.get("prompt_id")
        if prompt_id is None:
            prompt_id = str(uuid.uuid4())
        elif not is_canonical_uuid(prompt_id):
            return _refuse(
                "invalid_prompt_id",
                "prompt_id must be a valid UUID",
                "prompt_id must be a UUID string in canonical lowercase hyphenated form; "
                "omit it to let the server generate one",
            )
        prompt, extra_data = document["prompt"], document.get("extra_data") or {}
        if not isinstance(prompt, dict) or not isinstance(extra_data, dict):
            raise server_error()
        verdict = validate_prompt(cast("Json", prompt), self._catalogue, self._folders)
        if verdict.error is not None:
            answer = {"error": verdict.error, "node_errors": verdict.node_errors}
            return web.json_response(answer, status=400)
        extra = dict(cast("Json", extra_data))
        if "client_id" in document:
            extra["client_id"] = document["client_id"]
        extra["create_time"] = int(time.time() * 1000)
        item = QueueItem(number, prompt_id, cast("Json", prompt), extra, verdict.outputs)
        if not self._queue.put(item):
            return web.Response(status=503, text="Too many prompts are waiting.")
        return web.json_response(
            {"prompt_id": prompt_id, "number": number, "node_errors": verdict.node_errors}
        )

    async def get_queue(self, request: web.Request) -> web.Response:
        """Running and pending prompts."""
        del request
        running, pending = self._queue.snapshot()
        return web.json_response(
            {
                "queue_running": [item.row() for item in running],
                "queue_pending": [item.row() for item in pending],
            }
        )

    async def post_queue(self, request: web.Request) -> web.Response:
        """Clear the queue or delete pending prompts."""
        body = await _json_object(request)
        if body.get("clear"):
            self._queue.clear_pending()
        for prompt_id in _texts(body.get("delete")):
            self._queue.delete_pending(prompt_id)
        return web.Response()

    async def post_interrupt(self, request: web.Request) -> web.Response:
        """Stop the running prompt, or only a certain one."""
        try:
            body: Any = json.loads(await request.text() or "{}")
        except ValueError:
            body = {}
        prompt_id = cast("Json", body).get("prompt_id") if isinstance(body, dict) else None
        self._queue.interrupt(str(prompt_id) if prompt_id else None)
        return web.Response()

    async def post_free(self, request: web.Request) -> web.Response:
        """Empty the cache of node results."""
        body = await _json_object(request)
        if body.get("free_memory"):
            self._queue.ask_to_forget()
        return web.Response()

    async def get_history(self, request: web.Request) -> web.Response:
        """Ended prompts, the newest ``max_items`` or from ``offset`` on."""
        entries = list(self._queue.history().items())
        max_items = _whole_number(request, "max_items")
        offset = _whole_number(request, "offset")
        if offset is None or offset < 0:
            offset = max(0, len(entries) - max_items) if max_items is not None else 0
        stop = len(entries) if max_items is None else offset + max_items
        return web.json_response(dict(entries[offset:stop]))

    async def get_history_of(self, request: web.Request) -> web.Response:
        """One ended prompt; ``{}`` while it is open, and for unknown ids."""
        return web.json_response(self._queue.history(request.match_info["prompt_id"]))

    async def post_history(self, request: web.Request) -> web.Response:
        """Forget ended prompts."""
        body = await _json_object(request)
        if body.get("clear"):
            self._queue.delete_history(None)
        self._queue.delete_history(_texts(body.get("delete")))
        return web.Response()

    async def get_jobs(self, request: web.Request) -> web.Response:
        """All prompts as jobs, filtered, sorted, paged."""
        query = request.query
        wanted = [s.strip().lower() for s in query.get("status", "").split(",") if s.strip()]
        unknown = [status for status in wanted if status not in STATUSES]
        if unknown:
            valid = ", ".join(STATUSES)
            text = f"Invalid status value(s): {', '.join(unknown)}. Valid values: {valid}"
            return _bad(text)
        sort_by = query.get("sort_by", "created_at").lower()
        sort_order = query.get("sort_order", "desc").lower()
        if sort_by not in ("created_at", "execution_duration"):
            return _bad("sort_by must be 'created_at' or 'execution_duration'")
        if sort_order not in ("asc", "desc"):
            return _bad("sort_order must be 'asc' or 'desc'")
        try:
            limit = int(query["limit"]) if "limit" in query else None
            offset = max(0, int(query.get("offset", "0")))
        except ValueError:
            return _bad("limit and offset must be integers")
        if limit is not None and limit <= 0:
            return _bad("limit must be a positive integer")
        jobs = [job for job in self._all_jobs() if not wanted or job["status"] in wanted]
        jobs.sort(key=_sort_key(sort_by), reverse=sort_order == "desc")
        page = jobs[offset : None if limit is None else offset + limit]
        pagination = {
            "offset": offset,
            "limit": limit,
            "total": len(jobs),
            "has_more": offset + len(page) < len(jobs),
        }
        return web.json_response({"jobs": page, "pagination": pagination})

    async def get_job(self, request: web.Request) -> web.Response:
        """One prompt as a job."""
        job_id = request.match_info["job_id"]
        for prompt_id, entry in self._queue.history(job_id).items():
            return web.json_response(ended_job(prompt_id, entry, details=True))
        for job in self._open_jobs():
            if job["id"] == job_id:
                return web.json_response(job)
        return web.json_response({"error": "Job not found"}, status=404)

    async def post_cancel(self, request: web.Request) -> web.Response:
        """Cancel one job, whatever its state."""
        cancelled = self._queue.cancel(request.match_info["job_id"])
        return web.json_response({"cancelled": cancelled})

    async def post_cancel_many(self, request: web.Request) -> web.Response:
        """Cancel several jobs."""
        try:
            body: Any = json.loads(await request.text())
        except ValueError:
            return _bad("Request body must be valid JSON")
        job_ids: Any = cast("Json", body).get("job_ids") if isinstance(body, dict) else None
        if not isinstance(job_ids, list):
            return _bad("job_ids must be a list")
        ids = cast("list[Any]", job_ids)
        invalid = [i if isinstance(i, str) else repr(i) for i in ids if not is_canonical_uuid(i)]
        if invalid:
            answer = {"error": "job_ids contains invalid id(s)", "invalid_ids": invalid}
            return web.json_response(answer, status=400)
        cancelled = [self._queue.cancel(job_id) for job_id in ids]
        return web.json_response({"cancelled": any(cancelled)})

    def _next_number(self, document: Json) -> float:
        if "number" in document:
            try:
                return float(document["number"])
            except (TypeError, ValueError) as error:
                raise server_error() from error
        number = -self._number if document.get("front") else self._number
        self._number += 1
        return number

    def _open_jobs(self) -> list[Json]:
        running, pending = self._queue.snapshot()
        return [open_job(item, "in_progress") for item in running] + [
            open_job(item, "pending") for item in pending
        ]

    def _all_jobs(self) -> list[Json]:
        ended = [ended_job(prompt_id, entry) for prompt_id, entry in self._queue.history().items()]
        return self._open_jobs() + ended


def is_canonical_uuid(value: object) -> bool:
    """Whether a prompt id is a UUID in lower case with hyphens."""
    if not isinstance(value, str):
        return False
    try:
        return str(uuid.UUID(value)) == value
    except ValueError:
        return False


def server_error() -> web.HTTPInternalServerError:
    """The real server's answer to what it does not check."""
    text = "500 Internal Server Error\n\nServer got itself in trouble"
    return web.HTTPInternalServerError(text=text)


async def _json_body(request: web.Request) -> object:
    try:
        return json.loads(await request.text())
    except ValueError as error:
        raise server_error() from error


async def _json_object(request: web.Request) -> Json:
    body = await _json_body(request)
    if not isinstance(body, dict):
        raise server_error()
    return cast("Json", body)


def _texts(value: object) -> list[str]:
    return [str(v) for v in cast("list[Any]", value)] if isinstance(value, list) else []


def _whole_number(request: web.Request, name: str) -> int | None:
    if name not in request.query:
        return None
    try:
        return int(request.query[name])
    except ValueError as error:
        raise server_error() from error


def _sort_key(sort_by: str) -> Callable[[Json], float]:
    if sort_by == "created_at":
        return lambda job: job.get("create_time", 0)

    def duration(job: Json) -> float:
        start, end = job.get("execution_start_time"), job.get("execution_end_time")
        return end - start if start and end else 0

    return duration


def _refuse(kind: str, message: str, details: str) -> web.Response:
    error = {"type": kind, "message": message, "details": details, "extra_info": {}}
    return web.json_response({"error": error, "node_errors": {}}, status=400)


def _bad(text: str) -> web.Response:
    return web.json_response({"error": text}, status=400)
