"""Which text of a graph is the prompt and which says what must not be there."""

from __future__ import annotations

from typing import NamedTuple

from daemon.comfyui.graph import Graph, nodes
from daemon.comfyui.graph_links import (
    Source,
    class_of,
    sources_of,
    upstream,
    uses,
    values_of,
)
from daemon.comfyui.object_info import ObjectInfo

# Inputs of text encoders, those for the main encoder of a dual one first.
_TEXT_INPUTS = (
    "text",
    "prompt",
    "t5xxl",
    "text_g",
    "clip_g",
    "llama",
    "clip_l",
    "text_l",
    "positive_prompt",
    "instruction",
)
_SECOND_INPUTS = ("clip_l", "text_l")
_PLAIN_TEXTS = ("value", "string", "text", "prompt", "string_a", "string_b", "string_1", "Text")
_POSITIVE = ("positive", "conditioning", "cond1", "guider", "positive_conditioning")
_NEGATIVE = ("negative", "negative_conditioning")
_STOPPED_BY = ("ConditioningZeroOut",)


class TextPlace(NamedTuple):
    """One input that holds a text."""

    node: str
    input: str


class FoundText(NamedTuple):
    """A text encoder that one side of a sampler is fed by.

    Attributes:
        encoder: Its node.
        places: Where its text may be typed, the likeliest first; more than one where it is put
            together from several.
        second: Where the text for a second encoder goes, None where there is one encoder.
    """

    encoder: str
    places: list[TextPlace]
    second: TextPlace | None


class FoundTexts(NamedTuple):
    """Encoders by the side they feed, those nearest the sampler first."""

    positive: list[FoundText]
    negative: list[FoundText]


def find_texts(graph: Graph, output: str, info: ObjectInfo | None) -> FoundTexts:
    """Follow the conditioning of every sampler back to the texts it is made from.

    Args:
        graph: The graph.
        output: The node whose pictures are the result; '' where there is none.
        info: The host's nodes, which tell texts from choices; None: by their names.
    """
    reached = upstream(graph, output) if output in graph else []
    relevant = reached if any(_is_sampler(graph, one) for one in reached) else list(graph)
    positive: list[str] = []
    negative: list[str] = []
    for node_id in relevant:
        if _is_sampler(graph, node_id):
            _walk(graph, Source(node_id, -1), positive, wants=_POSITIVE)
            _walk(graph, Source(node_id, -1), negative, wants=_NEGATIVE)
    if not positive and not negative:
        positive = [node_id for node_id, _ in nodes(graph) if _is_encoder(graph, node_id)]
    positive = list(dict.fromkeys(positive))
    negative = [one for one in dict.fromkeys(negative) if one not in positive]
    return FoundTexts(
        [found for one in positive if (found := _texts_of(graph, one, info)).places],
        [found for one in negative if (found := _texts_of(graph, one, info)).places],
    )


def text_places(graph: Graph, node_id: str, info: ObjectInfo | None) -> list[TextPlace]:
    """Return where the texts of a node may be typed: in itself, or in what feeds them."""
    found: list[TextPlace] = []
    own, linked = values_of(graph, node_id), sources_of(graph, node_id)
    names = [*_TEXT_INPUTS, *_PLAIN_TEXTS]
    for name in dict.fromkeys([*names, *own, *linked]):
        if name in own and _is_text(graph, node_id, name, own[name], info):
            found.append(TextPlace(node_id, name))
        elif name in linked and name in names:
            found += _typed_in(graph, linked[name].node, info, set())
    return list(dict.fromkeys(found))


def _is_sampler(graph: Graph, node_id: str) -> bool:
    """Whether conditioning ends here: it makes a picture or steers what does."""
    sources = sources_of(graph, node_id)
    if not any(name in sources for name in (*_POSITIVE, *_NEGATIVE)):
        return False
    if "latent_image" in sources or "samples" in sources or "noise" in sources:
        return True
    onward = [use.input for use in uses(graph).get(node_id, ())]
    return not any(name in (*_POSITIVE, *_NEGATIVE) or "conditioning" in name for name in onward)


def _walk(graph: Graph, start: Source, found: list[str], *, wants: tuple[str, ...]) -> None:
    """Add the encoders behind the *wants* inputs of a sampler to *found*, nearest first."""
    waiting = [fed_by for name, fed_by in sources_of(graph, start.node).items() if name in wants]
    if wants == _NEGATIVE:
        # A guider has the negative side one node further up.
        guider = sources_of(graph, start.node).get("guider")
        waiting += [guider] if guider is not None else []
    seen: set[Source] = set()
    while waiting:
        here = waiting.pop(0)
        if here in seen or here.node not in graph:
            continue
        seen.add(here)
        if class_of(graph, here.node) in _STOPPED_BY:
            continue
        if _is_encoder(graph, here.node):
            found.append(here.node)
            continue
        waiting += _behind(graph, here, wants)


def _behind(graph: Graph, here: Source, wants: tuple[str, ...]) -> list[Source]:
    """Return what conditioning a node passes on at one of its outputs."""
    sources = sources_of(graph, here.node)
    sides = [name for name in (*_POSITIVE, *_NEGATIVE) if name in sources]
    if any(name in _NEGATIVE for name in sides):
        passes_both = "latent_image" not in sources and "guider" not in sources
        is_guider = any(
            use.input == "guider" for use in uses(graph).get(here.node, ()) if use.slot == here.slot
        )
        side = wants
        if passes_both and not is_guider:
            side = _NEGATIVE if here.slot == 1 else _POSITIVE
        return [sources[name] for name in sides if name in side]
    return [
        fed_by
        for name, fed_by in sources.items()
        if name in _POSITIVE or name.startswith("conditioning")
    ]


def _is_encoder(graph: Graph, node_id: str) -> bool:
    """Whether a node turns text into conditioning: it has a text and something to encode it."""
    class_type = class_of(graph, node_id)
    inputs = {*values_of(graph, node_id), *sources_of(graph, node_id)}
    if not any(name in inputs for name in _TEXT_INPUTS):
        return False
    encodes = "clip" in inputs or "text_encoder" in inputs or "t5" in inputs
    return encodes or "TextEncode" in class_type


def _texts_of(graph: Graph, node_id: str, info: ObjectInfo | None) -> FoundText:
    own, linked = values_of(graph, node_id), sources_of(graph, node_id)
    names = [name for name in _TEXT_INPUTS if name in own or name in linked]
    by_input = {name: _places_of_input(graph, node_id, name, info) for name in names}
    main = next((name for name in names if by_input[name]), "")
    seconds = [name for name in names if name in _SECOND_INPUTS and name != main]
    second = next((by_input[name][0] for name in seconds if by_input[name]), None)
    places = by_input.get(main, [])
    # A wide string may feed both encoders; then there is one prompt.
    return FoundText(node_id, places, None if second in places else second)


def _places_of_input(
    graph: Graph, node_id: str, name: str, info: ObjectInfo | None
) -> list[TextPlace]:
    own = values_of(graph, node_id)
    if name in own:
        return [TextPlace(node_id, name)] if isinstance(own[name], str) else []
    return _typed_in(graph, sources_of(graph, node_id)[name].node, info, set())


def _typed_in(
    graph: Graph, node_id: str, info: ObjectInfo | None, seen: set[str]
) -> list[TextPlace]:
    """Return the texts of a node that makes text, and of those that feed it."""
    if node_id in seen or node_id not in graph:
        return []
    seen.add(node_id)
    found = [
        TextPlace(node_id, name)
        for name, value in values_of(graph, node_id).items()
        if _is_text(graph, node_id, name, value, info)
    ]
    for fed_by in sources_of(graph, node_id).values():
        found += _typed_in(graph, fed_by.node, info, seen)
    return sorted(found, key=lambda place: _length(graph, place), reverse=True)


def _length(graph: Graph, place: TextPlace) -> int:
    return len(str(values_of(graph, place.node).get(place.input, "")))


def _is_text(graph: Graph, node_id: str, name: str, value: object, info: ObjectInfo | None) -> bool:
    """Whether an input is free text: the host says so, or its name does."""
    if not isinstance(value, str):
        return False
    spec = info.inputs(class_of(graph, node_id)).get(name) if info is not None else None
    if spec is not None:
        return spec.kind == "STRING" and name not in {"delimiter", "separator", "find", "replace"}
    return name in _PLAIN_TEXTS or name in _TEXT_INPUTS
