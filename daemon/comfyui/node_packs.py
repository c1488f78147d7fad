"""Which collection of custom nodes a class comes with, where its name tells."""

from __future__ import annotations

import re

_PACKS: tuple[tuple[str, str], ...] = (
    ("AIO_Preprocessor|.*Preprocessor$", "comfyui_controlnet_aux"),
    ("BiRefNet|RMBG|SAM2Segment|GroundingDino", "ComfyUI-RMBG"),
    ("CR ", "ComfyUI_Comfyroll_CustomNodes"),
    ("ColorMatch|ImageResizeKJ|ImageConcat|GetImageSizeAndCount|StringConstant", "ComfyUI-KJNodes"),
    ("ETN_", "comfyui-tooling-nodes"),
    ("FaceDetailer|DetailerForEach|SAMLoader|BboxDetector|Impact", "ComfyUI-Impact-Pack"),
    ("Florence2|DownloadAndLoadFlorence2", "ComfyUI-Florence2"),
    ("ICLight|LoadAndApplyICLight|LightSource", "ComfyUI-IC-Light"),
    ("INPAINT_", "comfyui-inpaint-nodes"),
    ("IPAdapter|PrepImageForClipVision", "ComfyUI_IPAdapter_plus"),
    ("InpaintCrop|InpaintStitch|InpaintExtend", "ComfyUI-Inpaint-CropAndStitch"),
    (r"KSampler \(Efficient\)|Efficient Loader|KSampler SDXL", "efficiency-nodes-comfyui"),
    ("LF_", "lf-nodes"),
    ("LayerUtility|LayerMask|LayerColor|LayerStyle|LayerFilter", "ComfyUI_LayerStyle"),
    ("Nunchaku", "ComfyUI-nunchaku"),
    ("Pulid|ApplyPulid", "PuLID_ComfyUI"),
    ("SUPIR_", "ComfyUI-SUPIR"),
    ("Text Multiline|Image Save|Image Load|Number to|Text Concatenate", "was-node-suite-comfyui"),
    ("UltimateSDUpscale", "ComfyUI_UltimateSDUpscale"),
    ("UltralyticsDetector", "ComfyUI-Impact-Subpack"),
    ("Unet.*GGUF|.*CLIPLoaderGGUF", "ComfyUI-GGUF"),
    (r"easy |ttN ", "ComfyUI-Easy-Use"),
    (r".*\(rgthree\)$", "rgthree-comfy"),
    (r".*\+$", "ComfyUI_essentials"),
    (r".*\|pysssss$", "ComfyUI-Custom-Scripts"),
)


def pack_of(class_type: str) -> str:
    """Return the name of the collection, '' where the class does not tell."""
    return next((pack for pattern, pack in _PACKS if re.match(pattern, class_type)), "")
