"""SaveImage and PreviewImage: pictures become 8-bit PNG files that carry their graph."""

from __future__ import annotations

import json
import secrets
import string

from PIL import Image as PillowImage
from PIL.PngImagePlugin import PngInfo

from daemon.builtin_host.nodes.base import NodeContext, NodeResult
from daemon.builtin_host.resample import to_8_bit
from daemon.builtin_host.values import Image, Json

_SAVE_LEVEL = 4
_PREVIEW_LEVEL = 1


def save_image(inputs: Json, context: NodeContext) -> NodeResult:
    """SaveImage: writes ``images`` to ``output`` under ``filename_prefix``."""
    return _save(inputs["images"], str(inputs["filename_prefix"]), "output", _SAVE_LEVEL, context)


def preview_image(inputs: Json, context: NodeContext) -> NodeResult:
    """PreviewImage: writes ``images`` to ``temp`` under a name of its own."""
    tail = "".join(secrets.choice(string.ascii_lowercase) for _ in range(5))
    return _save(inputs["images"], f"ComfyUI_temp_{tail}", "temp", _PREVIEW_LEVEL, context)


def _save(images: Image, prefix: str, kind: str, level: int, context: NodeContext) -> NodeResult:
    target = context.folders.next_save(kind, prefix, images.shape[2], images.shape[1])
    entries: list[Json] = []
    for number, pixels in enumerate(to_8_bit(images)):
        context.checkpoint()
        stem = target.stem.replace("%batch_num%", str(number))
        name = f"{stem}_{target.counter + number:05}_.png"
        picture = PillowImage.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
        part = target.folder / f".{name}.part"
        picture.save(part, "PNG", pnginfo=_text_chunks(context), compress_level=level)
        part.replace(target.folder / name)
        entries.append({"filename": name, "subfolder": target.subfolder, "type": kind})
    return NodeResult((images,), {"images": entries})


def _text_chunks(context: NodeContext) -> PngInfo:
    info = PngInfo()
    info.add_text("prompt", json.dumps(context.prompt))
    for key, value in context.extra_pnginfo.items():
        info.add_text(str(key), json.dumps(value))
    return info
