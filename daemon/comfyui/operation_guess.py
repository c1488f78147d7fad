"""What a graph most likely does, judged by its nodes; the user has the last word."""

from __future__ import annotations

import re
from typing import NamedTuple

from daemon.comfyui.graph import Graph
from daemon.comfyui.graph_links import class_of, title_of
from daemon.comfyui.manifest import MaskPolicy
from daemon.protocol.workflows import ResultKind

_COLOUR_WORDS = re.compile(
    r"colou?r|(?<![a-z])grad(e|ing)|tones?(?![a-z])|(?<![a-z])lut(?![a-z])", re.IGNORECASE
)
_INPAINT = {
    "InpaintModelConditioning",
    "SetLatentNoiseMask",
    "VAEEncodeForInpaint",
    "DifferentialDiffusion",
}
_MOVES_PIXELS = {
    "ImageBatch",
    "ImageCrop",
    "ImageCropV2",
    "ImageFlip",
    "ImageRotate",
    "ImageStitch",
    "JoinImageWithAlpha",
}
_ONLY_SIZES = {"GetImageSize", "ImageScale", "ImageScaleBy", "LoadImage", "SaveImage"}
# Nodes that change colours and nothing else, and what stands between them.
_ONLY_COLOURS = {
    "CropMask",
    "EmptyImage",
    "FeatherMask",
    "GetImageSize",
    "GrowMask",
    "ImageBlend",
    "ImageColorToMask",
    "ImageCompositeMasked",
    "ImageInvert",
    "ImageScale",
    "ImageScaleBy",
    "ImageScaleToTotalPixels",
    "ImageToMask",
    "InvertMask",
    "LoadImage",
    "LoadImageMask",
    "MaskComposite",
    "MaskToImage",
    "PrimitiveBoolean",
    "PrimitiveFloat",
    "PrimitiveInt",
    "PrimitiveString",
    "PrimitiveStringMultiline",
    "RabbitPromptGrade",
    "SaveImage",
    "SolidMask",
    "StringConcatenate",
    "StringReplace",
    "ThresholdMask",
}


class Guess(NamedTuple):
    """What a manifest says of a graph as a whole."""

    operation: str
    category: str
    result: ResultKind
    mask: MaskPolicy


def guess_operation(graph: Graph, reached: list[str], name: str, *, has_mask: bool) -> Guess:
    """Return what a graph is for.

    Args:
        graph: The graph.
        reached: Nodes that the result depends on.
        name: The file's name: words in it count.
        has_mask: A place for a mask was found.
    """
    classes = {class_of(graph, node_id) for node_id in reached}
    optional: MaskPolicy = "optional"
    if "ImagePadForOutpaint" in classes:
        return Guess("outpaint", "edit", "image", "none")
    if has_mask and classes & _INPAINT:
        return Guess("inpaint", "edit", "image", "required")
    if any("RemoveBackground" in one or "Rembg" in one for one in classes):
        return Guess("remove_background", "edit", "cutout", "none")
    has_sampler = any("Sampler" in one for one in classes)
    if any("UpscaleWithModel" in one for one in classes) and not has_sampler:
        return Guess("upscale", "edit", "image", "none")
    if classes <= _ONLY_SIZES:
        return Guess("upscale", "edit", "image", "none")
    says_so = _COLOUR_WORDS.search(name) or _COLOUR_WORDS.search(_titles(graph))
    if classes <= _ONLY_COLOURS or (says_so and not classes & _MOVES_PIXELS):
        return Guess("color_grade", "color", "lut", optional)
    return Guess("general_edit", "edit", "image", optional)


def _titles(graph: Graph) -> str:
    """Return the titles of the node that saves, where people write what a graph is for."""
    savers = [node_id for node_id in graph if class_of(graph, node_id).startswith("SaveImage")]
    return " ".join(title_of(graph, node_id) for node_id in savers)
