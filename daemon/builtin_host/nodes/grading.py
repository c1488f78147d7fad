"""RabbitPromptGrade: a colour grade from words, by a documented vocabulary and without AI."""

from __future__ import annotations

import numpy as np

from daemon.builtin_host.looks.parameters import GradeParameters
from daemon.builtin_host.looks.reading import Reading, describe, read_prompt
from daemon.builtin_host.looks.render import render
from daemon.builtin_host.nodes.base import NodeClass, NodeContext, NodeResult
from daemon.builtin_host.values import Image, Json, NodeFailed

_PREVIEW_SIDE_PX = 512
_EXAMPLES = (
    "warm, cool, bright, dark, contrast, saturation, exposure, fade, teal shadows, orange "
    "highlights, cinematic, teal and orange, golden hour, moonlight, vintage, matte, bleach "
    "bypass, cross process, slide film, black and white, sepia, pastel, high key, low key; with "
    "slightly, very, more, less, no"
)

_SCHEMA: Json = {
    "input": {
        "required": {
            "image": ["IMAGE", {}],
            "prompt": ["STRING", {"multiline": True, "default": "warm cinematic, teal shadows"}],
            "strength": ["FLOAT", {"default": 1.0, "min": 0.0, "max": 2.0, "step": 0.01}],
            "seed": ["INT", {"default": 0, "min": 0, "max": 0xFFFFFFFFFFFFFFFF}],
        }
    },
    "input_order": {"required": ["image", "prompt", "strength", "seed"]},
    "is_input_list": False,
    "output": ["IMAGE"],
    "output_is_list": [False],
    "output_name": ["IMAGE"],
    "name": "RabbitPromptGrade",
    "display_name": "Grade from Words (built in, no AI)",
    "description": (
        "Reads looks and adjustments from the prompt and applies them as a parametric colour "
        "grade. No AI: only documented words are understood. The seed changes nothing. "
        f"Understands: {_EXAMPLES}."
    ),
    "python_module": "rabbitviewer.builtin_host",
    "category": "RabbitViewer",
    "output_node": False,
    "has_intermediate_output": True,
    "search_aliases": [],
}


def rabbit_prompt_grade(inputs: Json, context: NodeContext) -> NodeResult:
    """Grade ``image`` by the words of ``prompt``; ``strength`` scales every knob.

    The ui holds ``text`` (sentences for people) and ``rabbit_look`` (the same as data).

    Raises:
        NodeFailed: no word of the prompt was understood, or the words cancel out.
    """
    prompt = str(inputs["prompt"])
    reading = read_prompt(prompt)
    _require_effect(prompt, reading)
    grade = reading.grade.scaled(float(inputs["strength"]))
    images: Image = inputs["image"]
    graded: list[Image] = []
    for number, picture in enumerate(images):
        colors = np.ascontiguousarray(picture[..., :3])

        def report(row: int, rows: int, number: int = number, colors: Image = colors) -> None:
            done, total = number * rows + row, len(images) * rows
            context.progress(done, total, lambda: _preview(colors, grade))

        toned = render(colors, grade, report).astype(np.float32, copy=False)
        graded.append(np.concatenate([toned, picture[..., 3:]], axis=-1))
    return NodeResult((np.stack(graded),), _ui(reading))


def _preview(colors: Image, grade: GradeParameters) -> Image:
    """The whole picture graded, thinned to about 512 pixels."""
    step = max(1, max(colors.shape[:2]) // _PREVIEW_SIDE_PX)
    return render(colors[::step, ::step], grade).astype(np.float32, copy=False)


def _require_effect(prompt: str, reading: Reading) -> None:
    if not reading.understood:
        beyond = (
            f" Not possible here: {', '.join(reading.impossible)}." if reading.impossible else ""
        )
        raise NodeFailed(
            f"The built-in look understood nothing of “{prompt.strip()[:200]}”.{beyond} "
            f"It understands: {_EXAMPLES}."
        )
    if reading.grade.is_neutral():
        said = ", ".join(reading.understood)
        raise NodeFailed(f"The words of the prompt cancel each other out: {said}.")


def _ui(reading: Reading) -> Json:
    look = {
        "ai": False,
        "understood": list(reading.understood),
        "not_understood": list(reading.unknown),
        "not_possible": list(reading.impossible),
    }
    return {"text": describe(reading), "rabbit_look": [look]}


NODE = NodeClass(_SCHEMA, rabbit_prompt_grade)
