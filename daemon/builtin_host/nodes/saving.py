"""Nodes that write pictures, with their graph: results to ``output``, previews to ``temp``."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable
from pathlib import Path

from PIL import Image as PillowImage
from PIL.PngImagePlugin import PngInfo

from daemon.builtin_host.folders import SaveTarget
from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.png16 import write_png16
from daemon.builtin_host.resample import to_8_bit
from daemon.builtin_host.values import Image, Json, NodeFailed

_SAVE_LEVEL = 4
_PREVIEW_LEVEL = 1


def save_image(inputs: Json, context: NodeContext) -> NodeResult:
    """SaveImage: writes ``images`` to ``output`` under ``filename_prefix``."""
    images: Image = inputs["images"]
    target = _target("output", str(inputs["filename_prefix"]), images, context)
    entries = _write(images, target, "output", "_", context, _png8(context, _SAVE_LEVEL))
    return NodeResult((images,), {"images": entries})


def save_image_advanced(inputs: Json, context: NodeContext) -> NodeResult:
    """SaveImageAdvanced: PNG of 8 or 16 bits a channel.

    Raises:
        NodeFailed: another format was asked for.
    """
    if inputs.get("format") != "png":
        said = f"{inputs.get('format')} files: the built-in host writes only PNG."
        raise NodeFailed(f"SaveImageAdvanced cannot write {said}")
    images: Image = inputs["images"]
    target = _target("output", str(inputs["filename_prefix"]), images, context)
    deep = inputs["format.bit_depth"] == "16-bit"
    write = _png16(context) if deep else _png8(context, _SAVE_LEVEL)
    return NodeResult((images,), {"images": _write(images, target, "output", "", context, write)})


def preview_image(inputs: Json, context: NodeContext) -> NodeResult:
    """PreviewImage: writes ``images`` to ``temp`` under a name of its own."""
    return NodeResult((inputs["images"],), preview(inputs["images"], context))


def image_compare(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageCompare: shows two pictures, either of which may be missing."""
    shown: Json = {"a_images": [], "b_images": []}
    for side in ("a", "b"):
        if inputs.get(f"image_{side}") is not None:
            kept = preview(inputs[f"image_{side}"], context, f"comfy.compare.{side}")
            shown[f"{side}_images"] = kept["images"]
    return NodeResult((), shown)


def preview(images: Image, context: NodeContext, prefix: str = "ComfyUI") -> Json:
    """Write *images* to ``temp``; returns the ui that shows them."""
    tail = "".join(secrets.choice(string.ascii_lowercase) for _ in range(5))
    target = _target("temp", f"{prefix}_temp_{tail}", images, context)
    write = _png8(context, _PREVIEW_LEVEL)
    return {"images": _write(images, target, "temp", "_", context, write)}


def _target(kind: str, prefix: str, images: Image, context: NodeContext) -> SaveTarget:
    if not images.size:
        raise NodeFailed("cannot write empty image", "ValueError")
    return context.folders.next_save(kind, prefix, images.shape[2], images.shape[1])


def _write(
    images: Image,
    target: SaveTarget,
    kind: str,
    tail: str,
    context: NodeContext,
    write: Callable[[Image, Path], None],
) -> list[Json]:
    entries: list[Json] = []
    for number, picture in enumerate(images):
        context.checkpoint()
        stem = target.stem.replace("%batch_num%", str(number))
        name = f"{stem}_{target.counter + number:05}{tail}.png"
        part = target.folder / f".{name}.part"
        write(picture, part)
        part.replace(target.folder / name)
        entries.append({"filename": name, "subfolder": target.subfolder, "type": kind})
    return entries


def _png8(context: NodeContext, level: int) -> Callable[[Image, Path], None]:
    info = PngInfo()
    for key, text in _texts(context).items():
        info.add_text(key, text)

    def write(picture: Image, path: Path) -> None:
        pixels = to_8_bit(picture)
        file = PillowImage.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
        file.save(path, "PNG", pnginfo=info, compress_level=level)

    return write


def _png16(context: NodeContext) -> Callable[[Image, Path], None]:
    texts = _texts(context)

    def write(picture: Image, path: Path) -> None:
        write_png16(path, picture, texts, context.checkpoint)

    return write


def _texts(context: NodeContext) -> dict[str, str]:
    """The graph and the client's documents, as they stand in saved pictures."""
    extra = {str(key): json.dumps(value) for key, value in context.extra_pnginfo.items()}
    return {"prompt": json.dumps(context.prompt), **extra}


RUNS: dict[str, Run] = {
    "SaveImage": save_image,
    "SaveImageAdvanced": save_image_advanced,
    "PreviewImage": preview_image,
    "ImageCompare": image_compare,
}
