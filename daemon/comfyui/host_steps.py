"""What a host that answers says of itself, as steps of its check."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from daemon.comfyui.address import HostAddress
from daemon.comfyui.checks import impossible_result
from daemon.comfyui.lenient import mapping
from daemon.comfyui.manifest import version_is_enough
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.operations import WorkflowEntry, WorkflowLibrary
from daemon.comfyui.replies import Device, HostStats, queued_ids
from daemon.protocol.hosting import CheckStep
from daemon.protocol.workflows import POSSIBLE_RESULTS

OLDEST_VERSION = "0.3.42"
WITHOUT_SOCKET = "Jobs run all the same, without live progress and previews."
_GB = 1 << 30

WorkflowCheck = Callable[[ObjectInfo, str], CheckStep]
"""Takes the host's nodes and version; returns a step ``workflow``."""


def ok(step: str, message: str) -> CheckStep:
    """Return a step that is as it should be."""
    return CheckStep(step=step, state="ok", message=message)


def failed(step: str, message: str, hint: str) -> CheckStep:
    """Return a step that keeps jobs from running."""
    return CheckStep(step=step, state="failed", message=message, hint=hint)


def warning(step: str, message: str, hint: str) -> CheckStep:
    """Return a step that is not as it should be, and jobs run all the same."""
    return CheckStep(step=step, state="warning", message=message, hint=hint)


def skipped(step: str, message: str) -> CheckStep:
    """Return a step that was not gone."""
    return CheckStep(step=step, state="skipped", message=message)


def named(step: CheckStep, workflow: str) -> CheckStep:
    """Return the step of a workflow with its name."""
    return msgspec.structs.replace(step, subject=workflow)


def no_websocket(status: int, address: HostAddress) -> CheckStep:
    """Return the step for a server that answers, but opens no WebSocket."""
    path = f"{address.prefix}/ws"
    if status in {401, 403}:
        return warning(
            "websocket",
            f"{address.netloc} lets requests in, but not the WebSocket at {path} ({status}).",
            f"The reverse proxy there must accept the same login for {path}. {WITHOUT_SOCKET}",
        )
    return warning(
        "websocket",
        f"{address.netloc} opens no WebSocket at {path} ({status}).",
        "A reverse proxy there must pass the headers on that ask for it; in nginx: "
        "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
        f'proxy_set_header Connection "upgrade"; {WITHOUT_SOCKET}',
    )


def mute() -> CheckStep:
    """Return the step for a WebSocket that opens and says nothing."""
    return warning(
        "websocket",
        "The WebSocket opens, but nothing comes through it.",
        "Something in between may hold it back; in nginx set proxy_buffering off. "
        f"{WITHOUT_SOCKET}",
    )


def version(stats: HostStats, address: HostAddress) -> CheckStep:
    """Return whether the host's version is one that we can work with."""
    if address.builtin:
        return ok("version", f"The built-in host, {stats.version}.")
    if not stats.version:
        return warning(
            "version",
            "It does not say which version of ComfyUI it is, so it is probably an old one.",
            f"Update ComfyUI there: {OLDEST_VERSION} or newer is needed.",
        )
    if not version_is_enough(f">={OLDEST_VERSION}", stats.version):
        return failed(
            "version",
            f"ComfyUI {stats.version} is too old: it gives jobs names of its own, so that a lost "
            "one cannot be found again.",
            f"Update ComfyUI there to {OLDEST_VERSION} or newer.",
        )
    return ok("version", f"ComfyUI {stats.version}.")


def devices(stats: HostStats, address: HostAddress) -> CheckStep:
    """Return what the host computes with."""
    if address.builtin:
        return ok("devices", "This computer's processor; no AI is at work here.")
    if not stats.devices:
        return warning(
            "devices", "It names no device to compute with.", "Look into ComfyUI's own log."
        )
    words = ", ".join(_device(device) for device in stats.devices)
    if all(device.type == "cpu" for device in stats.devices):
        return warning(
            "devices",
            f"Only a processor, no GPU: {words}.",
            "It works, but an edit may take an hour. If there is a GPU, install its driver and "
            "start ComfyUI without --cpu.",
        )
    return ok("devices", f"{words}.")


def queue(reply: object) -> CheckStep:
    """Return how much waits at the host."""
    if "queue_running" not in mapping(reply):
        return failed(
            "queue", "It does not say what waits there.", "Check prefix; only part of it answers."
        )
    running, waiting = map(len, queued_ids(reply))
    if not running and not waiting:
        return ok("queue", "Nothing waits there.")
    return ok("queue", f"{running} {'job runs' if running == 1 else 'jobs run'}, {waiting} wait.")


def workflow_checks(
    library: WorkflowLibrary, names: tuple[str, ...], host: str, *, builtin: bool, usual: str
) -> dict[str, WorkflowCheck]:
    """Return what tells of each workflow whether a host can run it. Reads files.

    Args:
        library: The workflows there are.
        names: Which of them; ``*`` alone: all.
        host: The host in words.
        builtin: It is the built-in host.
        usual: The workflow that is used when no other is asked for. Of those that nobody named,
            only this one counts as a failure when the host cannot run it.
    """
    entries = {entry.name: entry for entry in library.entries()}
    wanted = tuple(entries) if names == ("*",) else names
    return {
        name: _WorkflowStep(
            library, entries.get(name), name, host, builtin, names != ("*",) or name == usual
        ).check
        for name in wanted
    }


class _WorkflowStep(NamedTuple):
    """Whether a host can run one workflow."""

    library: WorkflowLibrary
    entry: WorkflowEntry | None
    name: str
    host: str
    builtin: bool
    counts: bool

    def check(self, info: ObjectInfo, version: str) -> CheckStep:
        """Return the step."""
        if self.entry is None:
            return failed(
                "workflow",
                f"There is no workflow called '{self.name}'.",
                "See `rabbitviewer workflows list`.",
            )
        if self.entry.workflow is None:
            said = self.entry.error.message if self.entry.error else "Its files cannot be used."
            return skipped("workflow", said)
        manifest = self.entry.workflow.manifest
        if manifest.result not in POSSIBLE_RESULTS:
            return skipped("workflow", impossible_result(manifest))
        own = self.name.startswith("builtin_")
        if self.builtin and self.entry.workflow.uses_ai:
            return skipped("workflow", "It needs a ComfyUI host.")
        if own and not self.builtin:
            return skipped("workflow", "The built-in host does this one.")
        problems = self.library.check(self.name, info, version, self.host)
        if not problems:
            return ok("workflow", "Everything that it needs is there.")
        said = " ".join(problems)
        return (failed if self.counts else warning)("workflow", said, _advice(said))


def _advice(problems: str) -> str:
    """Return what to do about what a host lacks."""
    advice: list[str] = []
    if "model file" in problems:
        advice.append(
            "Put the missing files into these folders below ComfyUI's own one there, or say "
            "which of its files to take instead (`rabbitviewer workflows map`)."
        )
    if "has no node" in problems:
        advice.append("Update ComfyUI there, or install the nodes that it lacks, and restart it.")
    return " ".join(advice) or "Update ComfyUI there."


def _device(device: Device) -> str:
    name = device.name or device.type
    if not device.vram_total:
        return name
    return f"{name} ({device.vram_free / _GB:.1f} of {device.vram_total / _GB:.1f} GB free)"
