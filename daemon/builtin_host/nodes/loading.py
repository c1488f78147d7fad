"""LoadImage and LoadImageMask: files of the input folder become pictures and masks.

The real server decodes through PyAV; what matters of it is kept: EXIF orientation is applied, an
alpha channel becomes ``1 - alpha``, and without one the mask is 64 x 64 zeros, not the picture's
size. Better than there: the mirrored orientations are right (it only turns), the right edge of a
lossy WebP is, and a truncated file is an error instead of a damaged picture.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image as PillowImage
from PIL import ImageOps, ImageSequence, UnidentifiedImageError

from daemon.builtin_host.folders import HostFolders
from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.values import Image, Json, Mask, NodeFailed, require_size

FROM_INPUT = ("LoadImage", "LoadImageMask")
"""The nodes whose choices are the pictures of the input folder."""
_MASKLESS_SIDE_PX = 64
_CHANNELS = {"red": 0, "green": 1, "blue": 2}
_MAX_FRAMES = 64
_CONVERSION_LOSS = np.float32(0.5)


def load_image(inputs: Json, context: NodeContext) -> NodeResult:
    """LoadImage: ``image`` -> (IMAGE, MASK)."""
    return NodeResult(_load(str(inputs["image"]), context))


def load_image_mask(inputs: Json, context: NodeContext) -> NodeResult:
    """LoadImageMask: one channel of ``image`` as MASK; alpha counts inverted."""
    image, mask = _load(str(inputs["image"]), context)
    if inputs["channel"] == "alpha":
        return NodeResult((mask,))
    return NodeResult((np.ascontiguousarray(image[..., _CHANNELS[inputs["channel"]]]),))


def content_hash(inputs: Json, folders: HostFolders) -> str:
    """SHA-256 of the file: overwriting it under the same name is noticed."""
    path = folders.find_input(inputs.get("image"))
    if path is None:
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check_exists(inputs: Json, folders: HostFolders) -> str:
    """Complaint when the named file does not exist."""
    name = inputs.get("image")
    return "" if folders.find_input(name) is not None else f"Invalid image file: {name}"


def _load(name: str, context: NodeContext) -> tuple[Image, Mask]:
    path = context.folders.find_input(name)
    if path is None:
        raise NodeFailed(f"Invalid image file: {name}")
    try:
        return _decode(path, context)
    except UnidentifiedImageError as error:
        raise NodeFailed(f"{name} is not a picture that the built-in host can read.") from error
    except (OSError, SyntaxError, ValueError, PillowImage.DecompressionBombError) as error:
        raise NodeFailed(f"{name} cannot be read: {_without_path(str(error), path)}.") from error


def _without_path(text: str, path: Path) -> str:
    return text.replace(str(path), path.name).rstrip(".")


def _decode(path: Path, context: NodeContext) -> tuple[Image, Mask]:
    images: list[Image] = []
    masks: list[Mask] = []
    with PillowImage.open(path) as file:
        frames = min(getattr(file, "n_frames", 1), _MAX_FRAMES)
        animated = file.format == "WEBP" and frames > 1
        require_size(frames if animated else 1, file.height, file.width, 3)
        sized = file.format == "GIF" or (file.format == "WEBP" and _is_lossless_webp(path))
        for frame in ImageSequence.Iterator(file):
            context.checkpoint()
            upright = ImageOps.exif_transpose(_like_the_real_server(frame, path))
            alpha = (
                None if animated and "A" not in frame.getbands() else _alpha(upright, always=sized)
            )
            images.append(_rgb(upright, exact=_is_exact_there(file)))
            masks.append(
                np.zeros((_MASKLESS_SIDE_PX, _MASKLESS_SIDE_PX), np.float32)
                if alpha is None
                else 1 - alpha
            )
            if not animated or len(images) == frames:
                break
    same = [k for k, image in enumerate(images) if image.shape == images[0].shape]
    return np.stack([images[k] for k in same]), np.stack([masks[k] for k in same])


def _like_the_real_server(frame: PillowImage.Image, path: Path) -> PillowImage.Image:
    """Decode a colour JPEG with plain chroma upsampling, as PyAV does; others as they are.

    Pillow smooths the chroma, which differs by up to 30 levels at coloured edges.
    """
    if frame.format not in ("JPEG", "MPO") or frame.mode != "RGB":
        return frame
    try:
        pixels = simplejpeg.decode_jpeg(path.read_bytes(), fastupsample=True)
    except ValueError:
        return frame
    decoded = PillowImage.fromarray(pixels)
    if "exif" in frame.info:
        decoded.info["exif"] = frame.info["exif"]
    return decoded


def _is_exact_there(file: PillowImage.Image) -> bool:
    """Whether the real server keeps the 8-bit values; others pass a float colour conversion.

    That conversion leaves values a little low, and saving truncates: they come back one lower.
    """
    if file.format in ("JPEG", "MPO", "TIFF"):
        return file.mode == "RGB"
    return file.format == "PNG" and file.mode in ("RGB", "RGBA", "P", "1")


def _rgb(picture: PillowImage.Image, *, exact: bool) -> Image:
    if picture.mode.startswith("I;16"):
        gray = np.asarray(picture, np.float32) / np.float32(65535.0)
        return np.repeat(gray[..., None], 3, axis=2)
    opaque = picture if picture.mode == "RGBA" else picture.convert("RGB")
    values = np.asarray(opaque, np.uint8)[..., :3].astype(np.float32)
    if not exact:
        values = np.maximum(values - _CONVERSION_LOSS, 0)
    return values / np.float32(255.0)


def _alpha(picture: PillowImage.Image, *, always: bool) -> Mask | None:
    """Alpha in 0..1, shape (H, W), for every kind of file whose mask has the picture's size."""
    if not (always or "A" in picture.getbands() or picture.mode == "P"):
        return None
    channel = picture.convert("RGBA").getchannel("A")
    return np.asarray(channel, np.uint8).astype(np.float32) / np.float32(255.0)


def _is_lossless_webp(path: Path) -> bool:
    """Whether the picture chunk of a WebP is VP8L, which is decoded with an alpha channel."""
    with path.open("rb") as stream:
        stream.seek(12)
        while len(head := stream.read(8)) == 8:
            if head[:4] in (b"VP8L", b"VP8 "):
                return head[:4] == b"VP8L"
            size = int.from_bytes(head[4:], "little")
            stream.seek(size + size % 2, 1)
    return False


RUNS: dict[str, Run] = {
    "LoadImage": load_image,
    "LoadImageMask": load_image_mask,
    "LoadImageOutput": load_image,
}
