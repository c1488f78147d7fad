"""Which folder of a host's ``models/`` each loader reads, and what a model file is."""

from __future__ import annotations

_BY_INPUT: dict[str, dict[str, str]] = {
    "AudioEncoderLoader": {"audio_encoder_name": "audio_encoders"},
    "CLIPLoader": {"clip_name": "text_encoders"},
    "CLIPLoaderGGUF": {"clip_name": "text_encoders"},
    "CLIPVisionLoader": {"clip_name": "clip_vision"},
    "CheckpointLoader": {"ckpt_name": "checkpoints"},
    "CheckpointLoaderSimple": {"ckpt_name": "checkpoints"},
    "ControlNetLoader": {"control_net_name": "controlnet"},
    "DiffControlNetLoader": {"control_net_name": "controlnet"},
    "DualCLIPLoader": {"clip_name1": "text_encoders", "clip_name2": "text_encoders"},
    "DualCLIPLoaderGGUF": {"clip_name1": "text_encoders", "clip_name2": "text_encoders"},
    "GLIGENLoader": {"gligen_name": "gligen"},
    "HypernetworkLoader": {"hypernetwork_name": "hypernetworks"},
    "ImageOnlyCheckpointLoader": {"ckpt_name": "checkpoints"},
    "LatentUpscaleModelLoader": {"model_name": "latent_upscale_models"},
    "LoadBackgroundRemovalModel": {"bg_removal_name": "background_removal"},
    "LoraLoader": {"lora_name": "loras"},
    "LoraLoaderModelOnly": {"lora_name": "loras"},
    "ModelPatchLoader": {"name": "model_patches"},
    "PhotoMakerLoader": {"photomaker_model_name": "photomaker"},
    "QuadrupleCLIPLoader": {f"clip_name{n}": "text_encoders" for n in (1, 2, 3, 4)},
    "StyleModelLoader": {"style_model_name": "style_models"},
    "TripleCLIPLoader": {f"clip_name{n}": "text_encoders" for n in (1, 2, 3)},
    "UNETLoader": {"unet_name": "diffusion_models"},
    "UnetLoaderGGUF": {"unet_name": "diffusion_models"},
    "UpscaleModelLoader": {"model_name": "upscale_models"},
    "VAELoader": {"vae_name": "vae"},
    "unCLIPCheckpointLoader": {"ckpt_name": "checkpoints"},
}

_MODEL_ENDINGS = (".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx")


def model_folder(class_type: str, input_name: str) -> str:
    """Return the folder below ``models/`` that *class_type* reads *input_name* from, or ''."""
    return _BY_INPUT.get(class_type, {}).get(input_name, "")


def loaders_of(folder: str) -> list[tuple[str, str]]:
    """Return (class, input) of every known loader that reads *folder*."""
    return [
        (class_type, name)
        for class_type, inputs in _BY_INPUT.items()
        for name, its_folder in inputs.items()
        if its_folder == folder
    ]


def is_model_file(value: object) -> bool:
    """Whether *value* is the name of a file with weights."""
    return isinstance(value, str) and value.lower().endswith(_MODEL_ENDINGS)
