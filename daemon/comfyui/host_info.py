"""What clients may know of a host, put together from what was seen of it and what it did."""

from __future__ import annotations

import msgspec

from daemon.comfyui.host_state import HostState
from daemon.comfyui.host_stats import Tally
from daemon.comfyui.known_hosts import BUILTIN
from daemon.comfyui.replies import Device
from daemon.protocol.values import HostInfo

_NO_AI = "No AI is at work here."


def host_info(name: str, url: str, state: HostState, tally: Tally) -> HostInfo:
    """Return a ComfyUI host as clients see it.

    Args:
        name: Its name.
        url: Where it is, without secrets.
        state: How it was last seen.
        tally: How it did.
    """
    error = state.error
    return HostInfo(
        name=name,
        url=url,
        builtin=name == BUILTIN,
        state=state.name,
        version=state.version,
        queue=state.queue.length,
        ours=state.queue.ours,
        detail=_devices(state.devices) if error is None else error.message,
        hint="" if error is None else error.hint,
        done=tally.done,
        failed=tally.failed,
        usual_s=tally.usual_s,
        seen=state.seen,
    )


def builtin_info(url: str, state: HostState, tally: Tally, runs: int) -> HostInfo:
    """Return the built-in host as clients see it.

    It is not asked for its queue, so that it may end when it is idle: *runs* of ours are all that
    it can have.
    """
    info = host_info(BUILTIN, url, state, tally)
    if info.state not in ("ready", "busy"):
        return info
    busy = "busy" if runs else "ready"
    return msgspec.structs.replace(info, detail=_NO_AI, queue=runs, ours=runs, state=busy)


def _devices(devices: tuple[Device, ...]) -> str:
    """Return the host's devices with their free memory, in words."""
    return ", ".join(
        f"{device.name or device.type} ({device.vram_free / 2**30:.1f} of "
        f"{device.vram_total / 2**30:.1f} GB free)"
        for device in devices
    )
