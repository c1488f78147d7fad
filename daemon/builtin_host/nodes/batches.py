"""Nodes about batches and lists of pictures."""

from __future__ import annotations

import numpy as np

from daemon.builtin_host.nodes.base import NodeContext, NodeResult, Run
from daemon.builtin_host.nodes.dynamic_inputs import grown
from daemon.builtin_host.nodes.matching import like_first, require_same_size, with_channels
from daemon.builtin_host.values import Image, Json, Mask, NodeFailed, require_size


def image_batch(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageBatch: two batches as one, in the size of the first."""
    return NodeResult((_joined([inputs["image1"], inputs["image2"]], context),))


def batch_images(inputs: Json, context: NodeContext) -> NodeResult:
    """BatchImagesNode: any number of batches as one, in the size of the first."""
    return NodeResult((_joined(list(grown(inputs, "images").values()), context),))


def batch_masks(inputs: Json, context: NodeContext) -> NodeResult:
    """BatchMasksNode: any number of masks as one batch, in the size of the first."""
    masks: list[Mask] = [mask[..., None] for mask in grown(inputs, "masks").values()]
    return NodeResult((_joined(masks, context)[..., 0],))


def rebatch_images(inputs: Json, context: NodeContext) -> NodeResult:
    """RebatchImages: a list of batches as a list of batches of ``batch_size``."""
    del context
    size = int(inputs["batch_size"][0])
    batches: list[Image] = inputs["images"]
    require_same_size(batches, but_in=0)
    count = sum(batch.shape[0] for batch in batches)
    _, height_px, width_px, channels = batches[0].shape
    require_size(count, height_px, width_px, channels)
    joined = np.concatenate(batches)
    return NodeResult(([joined[start : start + size] for start in range(0, count, size)],))


def repeat_image_batch(inputs: Json, context: NodeContext) -> NodeResult:
    """RepeatImageBatch: the whole batch ``amount`` times."""
    image: Image = inputs["image"]
    amount = int(inputs["amount"])
    if amount < 0:
        shape = [amount * image.shape[0], *image.shape[1:]]
        raise NodeFailed(
            f"Trying to create tensor with negative dimension {shape[0]}: {shape}", "RuntimeError"
        )
    count, height_px, width_px, channels = image.shape
    require_size(amount * count, height_px, width_px, channels)
    context.checkpoint()
    return NodeResult((np.tile(image, (amount, 1, 1, 1)),))


def image_from_batch(inputs: Json, context: NodeContext) -> NodeResult:
    """ImageFromBatch: ``length`` pictures from ``batch_index`` on; negative counts from the end."""
    del context
    image: Image = inputs["image"]
    count = image.shape[0]
    index = int(inputs["batch_index"])
    first = max(0, min(count - 1, index + count if index < 0 else index))
    length = min(count - first, int(inputs["length"]))
    return NodeResult((image[first : first + length].copy(),))


def get_image_size(inputs: Json, context: NodeContext) -> NodeResult:
    """GetImageSize: width, height and length of the batch; shows them on the node."""
    count, height_px, width_px = inputs["image"].shape[:3]
    context.tell(f"width: {width_px}, height: {height_px}\n batch size: {count}")
    return NodeResult((width_px, height_px, count))


def _joined(batches: list[Image], context: NodeContext) -> Image:
    channels = max(batch.shape[-1] for batch in batches)
    count = sum(batch.shape[0] for batch in batches)
    _, height_px, width_px, _ = batches[0].shape
    require_size(count, height_px, width_px, channels)
    full = [with_channels(batch, channels) for batch in batches]
    return np.concatenate([like_first(full[0], batch, context.checkpoint) for batch in full])


RUNS: dict[str, Run] = {
    "ImageBatch": image_batch,
    "BatchImagesNode": batch_images,
    "BatchMasksNode": batch_masks,
    "RebatchImages": rebatch_images,
    "RepeatImageBatch": repeat_image_batch,
    "ImageFromBatch": image_from_batch,
    "GetImageSize": get_image_size,
}
