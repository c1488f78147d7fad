"""The pictures that a job's workflow is given, by its manifest's bindings: photo, mask, pool.

A graph gets something for every picture it binds, so that it never fails for want of a file: a mask
that nobody painted is white for ``mask`` (the edit counts everywhere) and black for ``pool.mask``
(as a pool without masks says it); without a pool its picture is one black pixel.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec

from daemon.comfyui.graph import Value, Workflow
from daemon.comfyui.graph_links import uses
from daemon.comfyui.lenient import mapping, text
from daemon.comfyui.manifest import Binding
from daemon.comfyui.wildcards import resolve
from daemon.edits.job import Job
from daemon.edits.work_files import WorkFiles
from daemon.render import RenderTask, of_kind
from daemon.storage.job_record import JobRecord
from daemon.tasks import MaskWritten, PrepareMask, SmallPrepared

_PAINTED, _WHITE, _BLACK = "painted", "white", "black"
_MASK_OUTPUT = 1
_ALPHA_READERS = ("LoadImage",)
_MASK_BINDINGS = ("mask", "pool.mask")


class HostPicture(msgspec.Struct, frozen=True):
    """One picture for a host.

    Attributes:
        subject: ``photo`` (the small copy), ``nothing`` (one black pixel), or the binding of a
            further picture (``reference_1``), which the job was given.
        mask: painted | white | black; empty: it is the subject itself.
        in_alpha: The mask is the subject's transparency; else it stands alone.
    """

    subject: str
    mask: str = ""
    in_alpha: bool = False

    @property
    def is_given(self) -> bool:
        """Whether it is a further picture, which lies in the work folder from the start."""
        return self.subject not in ("photo", "nothing")

    @property
    def file_name(self) -> str:
        """Its name in the job's work folder; empty: the small copy itself."""
        if self.is_given:
            return ""
        if not self.mask:
            return "" if self.subject == "photo" else "nothing.png"
        return f"{self.subject}-{self.mask}-{'alpha' if self.in_alpha else 'mask'}.png"


def plan_pictures(workflow: Workflow, record: JobRecord) -> dict[str, HostPicture]:
    """Return the picture of every binding that takes one."""
    bound = workflow.manifest.bindings
    from_pool = bool(record.pool_id)
    painted = _PAINTED if record.mask_path else ""
    masks = {"mask": painted or _WHITE, "pool.mask": (painted if from_pool else "") or _BLACK}
    whole = bound.get("image")
    planned: dict[str, HostPicture] = {}
    for name in _MASK_BINDINGS:
        binding = bound.get(name)
        if binding is not None:
            of_photo = from_pool or name == "mask" or _same_place(binding, whole)
            subject = "photo" if of_photo else "nothing"
            planned[name] = HostPicture(subject, masks[name], _reads_alpha(binding, workflow))
    for name, subject in (("image", "photo"), ("pool.image", "photo" if from_pool else "nothing")):
        binding = bound.get(name)
        if binding is not None:
            planned[name] = HostPicture(subject)
            for mask_name in _MASK_BINDINGS:
                mask = planned.get(mask_name)
                if mask is not None and mask.in_alpha and _same_place(binding, bound[mask_name]):
                    planned[name] = mask
    planned.update({name: HostPicture(name) for name in record.images if name in bound})
    return planned


def plan_values(workflow: Workflow, record: JobRecord) -> dict[str, Value]:
    """Return what else goes into the graph, by the names of the bindings it has."""
    known: dict[str, Value] = {
        **_words(workflow, record),
        "seed": record.seed,
        "pool.index": record.index or 0,
        "pool.count": record.count,
        "pool.label": record.label,
    }
    if record.small is not None:
        known |= {"width": record.small.width_px, "height": record.small.height_px}
    bound = workflow.manifest.bindings
    return {name: value for name, value in known.items() if name in bound}


def _words(workflow: Workflow, record: JobRecord) -> dict[str, Value]:
    """Return the texts with their wildcards chosen; a second encoder's are the first one's.

    What was not said is absent: the graph's own words stay then.
    """
    seed = record.seed
    prompt = record.prompt_used or resolve(record.prompt, seed)
    words: dict[str, Value] = {"prompt": prompt}
    if record.prompt_2 is None:
        words["prompt_2"] = prompt
    else:
        words["prompt_2"] = resolve(record.prompt_2, seed, "prompt_2")
    negative = record.negative
    if negative is None and "negative" in workflow.manifest.bindings:
        negative = _in_graph(workflow, "negative")
    elif negative is not None:
        negative = words["negative"] = resolve(negative, seed, "negative")
    if record.negative_prompt_2 is not None:
        words["negative_prompt_2"] = resolve(record.negative_prompt_2, seed, "negative_prompt_2")
    elif negative is not None:
        words["negative_prompt_2"] = negative
    return words


def _in_graph(workflow: Workflow, name: str) -> str | None:
    binding = workflow.manifest.bindings[name]
    inputs = mapping(mapping(workflow.graph.get(binding.node)).get("inputs"))
    return text(inputs.get(binding.input)) or None


def fit_mask(workflow: Workflow, record: JobRecord) -> HostPicture | None:
    """Return the mask behind which the graph changes the photo; None: everywhere."""
    bound = workflow.manifest.bindings
    given = "mask" in bound or ("pool.mask" in bound and bool(record.pool_id))
    if not record.mask_path or not given:
        return None
    return HostPicture("photo", _PAINTED)


async def prepare_pictures(
    job: Job, task: RenderTask, files: WorkFiles, workflow: Workflow, small: SmallPrepared
) -> None:
    """Make the pictures of *job* that are not there yet."""
    wanted = list(plan_pictures(workflow, job.record).values())
    mask = fit_mask(workflow, job.record)
    if mask is not None:
        wanted.append(mask)
    for picture in wanted:
        if picture.mask and picture.in_alpha:
            await _make(HostPicture(picture.subject), task, files, small)
        await _make(picture, task, files, small)


def file_of(picture: HostPicture, files: WorkFiles) -> Path:
    """Return where a picture stands in the work folder."""
    if picture.is_given:
        return files.picture(picture.subject)
    return files.folder / picture.file_name if picture.file_name else files.sent


async def _make(
    picture: HostPicture, task: RenderTask, files: WorkFiles, small: SmallPrepared
) -> None:
    target = file_of(picture, files)
    if picture.is_given:
        return
    if await asyncio.to_thread(target.exists):
        return
    fresh = target.with_suffix(".part")
    of_photo = picture.subject == "photo"
    width, height = (small.width_px, small.height_px) if of_photo else (1, 1)
    painted = picture.mask == _PAINTED
    plain = file_of(HostPicture(picture.subject), files)
    wanted = PrepareMask(
        mask_path=os.fsencode(files.mask) if painted else b"",
        png_path=os.fsencode(fresh),
        width_px=width,
        height_px=height,
        box=small.box if painted else (0, 0, width, height),
        level=255 if picture.mask == _WHITE else 0,
        alpha_of=os.fsencode(plain) if picture.in_alpha else b"",
    )
    result, _ = await task.step(wanted)
    of_kind(result, MaskWritten)
    await asyncio.to_thread(fresh.replace, target)


def _same_place(first: Binding, second: Binding | None) -> bool:
    return second is not None and (first.node, first.input) == (second.node, second.input)


def _reads_alpha(binding: Binding, workflow: Workflow) -> bool:
    """Whether the node reads its mask from the transparency of a picture."""
    inputs = mapping(mapping(workflow.graph.get(binding.node)).get("inputs"))
    if binding.class_ not in _ALPHA_READERS:
        return inputs.get("channel") == "alpha"
    # A LoadImage of its own, of which the picture alone is used (through ImageToMask), gets the
    # mask as a picture.
    bound = workflow.manifest.bindings
    shared = any(_same_place(binding, bound.get(name)) for name in ("image", "pool.image"))
    used = {use.slot for use in uses(workflow.graph).get(binding.node, ())}
    return shared or not used or _MASK_OUTPUT in used
