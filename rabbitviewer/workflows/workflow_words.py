"""What the workflows' room says: operations, results, places, states."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from daemon.protocol.values import WorkflowInfo
from daemon.protocol.workflows import BindingChoice


def _tr(text: str) -> str:
    return QCoreApplication.translate("Workflows", text)


def operation_words() -> dict[str, str]:
    """Say what a workflow does, by its operation; those that an import offers."""
    return {
        "color_grade": _tr("Color grade"),
        "general_edit": _tr("Edit from words"),
        "inpaint": _tr("Inpaint a masked area"),
        "remove_object": _tr("Remove an object"),
        "outpaint": _tr("Outpaint"),
        "relight": _tr("Relight"),
        "style_transfer": _tr("Style transfer"),
        "upscale": _tr("Upscale"),
        "remove_background": _tr("Remove the background"),
        "restore_faces": _tr("Restore faces"),
        "search_replace": _tr("Search and replace"),
        "search_recolor": _tr("Search and recolor"),
    }


def operation_title(operation: str) -> str:
    """Say what a workflow does."""
    known = operation_words().get(operation)
    return known or operation.replace("_", " ").capitalize()


def result_words() -> dict[str, str]:
    """Say what becomes of the model's picture, by the kind of result."""
    return {
        "lut": _tr("Learn its colors, apply them at full size"),
        "image": _tr("Keep the picture as the model makes it"),
        "region": _tr("Blend a changed region in"),
        "resized": _tr("The photo at another size"),
        "cutout": _tr("A cut-out with transparency"),
        "map": _tr("A map (depth, edges)"),
    }


def mask_words() -> dict[str, str]:
    """Say what a workflow does with a mask."""
    return {
        "none": _tr("Takes none"),
        "optional": _tr("If there is one"),
        "required": _tr("Always needs one"),
    }


def binding_title(name: str) -> str:
    """Say what goes to a binding."""
    known = {
        "output": _tr("Result"),
        "image": _tr("Photo"),
        "mask": _tr("Mask"),
        "prompt": _tr("Prompt"),
        "negative": _tr("Negative prompt"),
        "prompt_2": _tr("Second prompt"),
        "negative_prompt_2": _tr("Second negative"),
        "seed": _tr("Seed"),
        "width": _tr("Width"),
        "height": _tr("Height"),
        "denoise": _tr("Denoise"),
    }
    if name in known:
        return known[name]
    kind, _, number = name.partition("_")
    words = {"reference": _tr("Reference {n}"), "control": _tr("Control picture {n}")}
    return words[kind].format(n=number) if kind in words else name


def place_words(choice: BindingChoice) -> str:
    """Name one place in a graph: the node's title or class, its id, and what stands there."""
    name = choice.title or choice.class_type
    value = choice.value if len(choice.value) <= 36 else f"{choice.value[:35]}…"
    words = f"{name} · {choice.node}"
    return f"{words} · {value}" if value else words


def inputs_words(inputs: tuple[str, ...]) -> str:
    """Say what a workflow takes."""
    shown = [binding_title(name) for name in inputs if not name.startswith("pool.")]
    order = [_tr("Photo"), _tr("Mask"), _tr("Prompt"), _tr("Negative prompt")]
    known = [name for name in order if name in shown]
    return ", ".join([*known, *(name for name in shown if name not in known)])


def state_words(workflow: WorkflowInfo, host: str, *, checking: bool) -> str:
    """Say in a line whether a workflow can run."""
    if workflow.usable is False:
        return _tr("Cannot run")
    if workflow.usable is None:
        return _tr("Asking the hosts…") if checking else _tr("Not checked yet")
    return _tr("Can run on {host}").format(host=host) if host else _tr("Can run")


def source_words(source: str) -> str:
    """Say where a workflow comes from."""
    return _tr("Yours") if source == "user" else _tr("Comes with RabbitViewer")
