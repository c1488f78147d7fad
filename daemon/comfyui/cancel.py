"""Cancelling one prompt by its id on hosts of every age; never anybody else's."""

from __future__ import annotations

from urllib.parse import quote

from daemon.comfyui.large_json import read_queue_json
from daemon.comfyui.lenient import mapping
from daemon.comfyui.replies import read_queue
from daemon.comfyui.transport import Transport
from daemon.protocol.errors import RabbitError

_WHAT = "cancelling a job"


async def cancel_prompt(transport: Transport, prompt_id: str) -> bool:
    """Cancel a prompt, whether it waits or runs.

    Returns:
        Whether the host knew it as waiting or running.

    Raises:
        RabbitError: the host cannot be reached or refuses.
    """
    path = f"/api/jobs/{quote(prompt_id, safe='')}/cancel"
    try:
        reply = await transport.json("POST", path, _WHAT)
    except RabbitError as error:
        if error.info.context.get("status") not in {"404", "405"}:
            raise
        return await _cancel_before_033(transport, prompt_id)
    return bool(mapping(reply).get("cancelled"))


async def _cancel_before_033(transport: Transport, prompt_id: str) -> bool:
    """Take it out of the queue first, then interrupt, but only while what runs is ours."""
    before = read_queue(
        await transport.json("GET", "/queue", _WHAT, read=read_queue_json), prompt_id
    )
    await transport.json("POST", "/queue", _WHAT, body={"delete": [prompt_id]})
    now = read_queue(await transport.json("GET", "/queue", _WHAT, read=read_queue_json), prompt_id)
    if now is not None and now.name == "running":
        await transport.json("POST", "/interrupt", _WHAT, body={"prompt_id": prompt_id})
    return before is not None
