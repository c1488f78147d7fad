"""The keys of ``config.yaml``: names, types, ranges and defaults, and nothing else.

The structs are the only definition: the reader takes types, ranges and choices from them, and a
test compares ``config/config.schema.json`` and the default file with them.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Port = Annotated[int, Meta(ge=1, le=65535)]
Seconds = Annotated[float, Meta(gt=0, le=86400)]
HostName = Annotated[str, Meta(min_length=1, max_length=253, pattern=r"^[^\s/@]+$")]
Label = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\s/:][^/:]*$")]
Pattern = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=r"^(?![/\\])(?![A-Za-z]:)(?!(.*[/\\])?\.\.([/\\]|$))"
        r"(?=.*\{stem\})([^{}]|\{stem\}|\{operation\})*(?<![/\\])$",
    ),
]
PathPrefix = Annotated[str, Meta(max_length=200, pattern=r"^(/[^\s?#]*[^\s?#/])?$")]
ProxyUrl = Annotated[str, Meta(max_length=400, pattern=r"^(http://[^\s/]+/?)?$")]
HostProxy = Annotated[str, Meta(max_length=400, pattern=r"^(http://[^\s/]+/?|direct)?$")]
HeaderText = Annotated[str, Meta(max_length=8192, pattern=r"^[^\r\n]*$")]


class HostSettings(msgspec.Struct, frozen=True):
    """One ComfyUI machine: where it is, and what every request to it carries."""

    name: Label
    host: HostName
    port: Port = 8188
    https: bool = False
    prefix: PathPrefix = ""
    enabled: bool = True
    headers: dict[HeaderText, HeaderText] = msgspec.field(default_factory=dict[str, str])
    token: HeaderText = ""
    user: HeaderText = ""
    password: HeaderText = ""
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    proxy: HostProxy = ""


class ComfyuiSettings(msgspec.Struct, frozen=True):
    """Section ``comfyui``."""

    enabled: bool = False
    host: HostName = "192.168.1.100"
    port: Port = 8188
    workflow: Label = "kontext_color_grade"
    hosts: tuple[HostSettings, ...] = ()
    max_compute: Annotated[float, Meta(ge=0)] = 0.0
    connect_timeout_s: Seconds = 5.0
    response_timeout_s: Seconds = 60.0
    transfer_timeout_s: Seconds = 600.0
    when_host_fails: Literal["move", "wait"] = "move"
    host_dead_s: Seconds = 120.0
    host_hung_s: Seconds = 900.0
    proxy: ProxyUrl = ""


class OutputSettings(msgspec.Struct, frozen=True):
    """Section ``output``."""

    pattern: Pattern = "{stem}_{operation}"
    raw_format: Literal["tiff", "jpeg"] = "tiff"
    jpeg_quality: Annotated[int, Meta(ge=0, le=100)] = 0


class DaemonSettings(msgspec.Struct, frozen=True):
    """Section ``daemon``."""

    idle_timeout_s: Annotated[float, Meta(ge=1, le=604800)] = 300.0
    light_workers: Annotated[int, Meta(ge=0, le=64)] = 0
    heavy_workers: Annotated[int, Meta(ge=1, le=16)] = 1
    worker_memory_mb: Annotated[int, Meta(ge=512, le=1048576)] = 4096
    task_timeout_s: Annotated[float, Meta(ge=1, le=86400)] = 300.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"


class CacheSettings(msgspec.Struct, frozen=True):
    """Section ``cache``."""

    limit_mb: Annotated[int, Meta(ge=16, le=1048576)] = 2048
    thumbnail_px: Annotated[int, Meta(ge=64, le=1024)] = 512
    previews_mb: Annotated[int, Meta(ge=0, le=1048576)] = 2048


class LibrarySettings(msgspec.Struct, frozen=True):
    """Section ``library``."""

    pairs: bool = True
    sidecar_name: Literal["full", "stem"] = "full"
    index_opened: bool = True


class MaskSettings(msgspec.Struct, frozen=True):
    """Section ``masks``."""

    undo_mb: Annotated[int, Meta(ge=16, le=65536)] = 256


class WindowSettings(msgspec.Struct, frozen=True):
    """Section ``window``."""

    theme: Literal["system", "dark", "light"] = "system"
    photo_background: Literal["dark", "gray", "black"] = "dark"
    thumbnails_mb: Annotated[int, Meta(ge=32, le=65536)] = 64
    photos_mb: Annotated[int, Meta(ge=64, le=65536)] = 256
    monitor_profile: str = ""
    keep_zoom: bool = False
    slideshow_s: Annotated[float, Meta(ge=0.5, le=3600)] = 5.0


class Settings(msgspec.Struct, frozen=True):
    """Everything in ``config.yaml``."""

    comfyui: ComfyuiSettings = ComfyuiSettings()
    output: OutputSettings = OutputSettings()
    daemon: DaemonSettings = DaemonSettings()
    cache: CacheSettings = CacheSettings()
    library: LibrarySettings = LibrarySettings()
    masks: MaskSettings = MaskSettings()
    window: WindowSettings = WindowSettings()
