"""The documents of ``/api/jobs``: prompts as jobs with a status."""

from __future__ import annotations

from daemon.builtin_host.prompt_queue import QueueItem
from daemon.builtin_host.values import Json

STATUSES = ("pending", "in_progress", "completed", "failed", "cancelled")
_ENDS = ("execution_success", "execution_error", "execution_interrupted")


def open_job(item: QueueItem, status: str) -> Json:
    """A prompt that waits (``pending``) or runs (``in_progress``)."""
    return _prune(
        {
            "id": item.prompt_id,
            "status": status,
            "priority": item.number,
            "create_time": item.extra_data.get("create_time"),
            "outputs_count": 0,
            "previewable_outputs_count": 0,
            "workflow_id": _workflow_id(item.extra_data),
        }
    )


def ended_job(prompt_id: str, entry: Json, *, details: bool = False) -> Json:
    """A prompt of the history.

    Args:
        prompt_id: Its id.
        entry: Its history document.
        details: Add outputs, status and the graph.
    """
    number, _, graph, extra_data, _ = entry["prompt"]
    messages = dict(entry["status"]["messages"])
    end = next((event for event in _ENDS if event in messages), None)
    files = [
        (node_id, kind, item)
        for node_id, ui in entry["outputs"].items()
        for kind, items in ui.items()
        for item in items
        if isinstance(item, dict) and "filename" in item
    ]
    job = _prune(
        {
            "id": prompt_id,
            "status": _status(end),
            "priority": number,
            "create_time": extra_data.get("create_time"),
            "execution_start_time": messages.get("execution_start", {}).get("timestamp"),
            "execution_end_time": messages[end]["timestamp"] if end else None,
            "execution_error": messages.get("execution_error"),
            "outputs_count": len(files),
            "previewable_outputs_count": len(files),
            "preview_output": _preview(files),
            "workflow_id": _workflow_id(extra_data),
        }
    )
    if details:
        job["outputs"] = entry["outputs"]
        job["execution_status"] = entry["status"]
        job["workflow"] = {"prompt": graph, "extra_data": extra_data}
    return job


def _status(end: str | None) -> str:
    return {"execution_error": "failed", "execution_interrupted": "cancelled"}.get(
        end or "", "completed"
    )


def _preview(files: list[tuple[str, str, Json]]) -> Json | None:
    saved = [f for f in files if f[2].get("type") == "output"] or files
    if not saved:
        return None
    node_id, kind, item = saved[0]
    return {**item, "nodeId": node_id, "mediaType": kind}


def _workflow_id(extra_data: Json) -> object:
    info = extra_data.get("extra_pnginfo")
    workflow = info.get("workflow") if isinstance(info, dict) else None
    return workflow.get("id") if isinstance(workflow, dict) else None


def _prune(document: Json) -> Json:
    return {key: value for key, value in document.items() if value is not None}
