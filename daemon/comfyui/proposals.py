"""What a bare graph would be as a workflow: where values go, found by following its links."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from daemon.comfyui.graph import Graph
from daemon.comfyui.graph_links import class_of, each_value, sources_of, upstream
from daemon.comfyui.manifest import Binding, Manifest, Output
from daemon.comfyui.object_info import ObjectInfo
from daemon.comfyui.operation_guess import Guess, guess_operation
from daemon.comfyui.picture_roles import FoundPicture, Role, find_pictures
from daemon.comfyui.proposed_parameters import place_of, propose_parameters, to_parameter
from daemon.comfyui.result_node import PREFIX, savers
from daemon.comfyui.text_roles import FoundText, TextPlace, find_texts, text_places
from daemon.protocol.errors import ErrorKind, RabbitError
from daemon.protocol.workflows import BindingChoice, ProposedBinding, ProposedParameter

OUTPUT = "output"
_MAX_NUMBERED = 9
_SEEDS = ("seed", "noise_seed")


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest in the making.

    Attributes:
        guess: Operation, menu, kind of result, what it does with a mask.
        bindings: What goes where; ``output`` among them.
        parameters: What the form may offer.
        problems: Why it can be no workflow as it is.
    """

    guess: Guess
    bindings: tuple[ProposedBinding, ...]
    parameters: tuple[ProposedParameter, ...]
    problems: tuple[str, ...] = ()

    @property
    def unsure(self) -> tuple[ProposedBinding, ...]:
        """The bindings that a person has to look at."""
        return tuple(one for one in self.bindings if one.unsure)

    @property
    def sure(self) -> bool:
        """Whether nothing is left to be decided."""
        return not self.unsure and not self.problems


def propose(graph: Graph, name: str, info: ObjectInfo | None = None) -> Proposal:
    """Return what *graph* would be as a workflow.

    Args:
        graph: The exported graph.
        name: Its name; words in it tell a colour grade from another edit.
        info: The host's nodes: types and ranges, and loaders of custom nodes; None: by names.
    """
    return _Reading(graph, name, info).proposal()


def propose_manifest(graph: Graph, name: str) -> Manifest:
    """Return a manifest for *graph*, where there is only one way to read it.

    Raises:
        RabbitError: ``workflow_invalid``; the graph can be read in several ways.
    """
    proposal = propose(graph, name)
    if proposal.problems:
        raise _unclear(name, proposal.problems[0])
    if proposal.unsure:
        first = proposal.unsure[0]
        raise _unclear(name, f"{first.name}: {first.reason}")
    return to_manifest(proposal, title=title_for(name))


def to_manifest(
    proposal: Proposal,
    *,
    title: str,
    guess: Guess | None = None,
    bindings: Mapping[str, BindingChoice] | None = None,
    parameters: Mapping[str, ProposedParameter] | None = None,
) -> Manifest:
    """Return the manifest of a proposal, with a user's choices in place of what was proposed."""
    said = guess or proposal.guess
    if bindings is None:
        bindings = chosen_bindings(proposal)
    if parameters is None:
        parameters = {one.info.name: one for one in proposal.parameters if one.wanted}
    output = bindings[OUTPUT]
    return Manifest(
        operation=said.operation,
        title=title,
        result=said.result,
        mask=said.mask,
        category=said.category,
        bindings={
            name: Binding(place.node, place.class_type, place.input)
            for name, place in bindings.items()
            if name != OUTPUT
        },
        parameters={name: to_parameter(one) for name, one in parameters.items()},
        output=Output(output.node, output.input),
    )


def chosen_bindings(proposal: Proposal) -> dict[str, BindingChoice]:
    """Return the places that were found, by binding."""
    return {one.name: one.choices[one.chosen] for one in proposal.bindings if one.chosen >= 0}


def title_for(name: str) -> str:
    """Return a file's name as a person would write it."""
    words = re.sub(r"[_\s]+", " ", name).strip()
    return words[:1].upper() + words[1:]


class _Reading:
    """One look at a graph; collects what was found and what a person has to decide."""

    def __init__(self, graph: Graph, name: str, info: ObjectInfo | None) -> None:
        self._graph = graph
        self._name = name
        self._info = info
        self._found: list[ProposedBinding] = []
        self._problems: list[str] = []
        output = self._output()
        self._reached = upstream(graph, output) if output else list(graph)
        self._pictures(output)
        self._texts(output)
        self._seed()
        self._size()

    def proposal(self) -> Proposal:
        """Return all of it."""
        names = {one.name for one in self._found if one.chosen >= 0}
        taken = {
            (place.node, place.input)
            for one in self._found
            if one.chosen >= 0
            for place in (one.choices[one.chosen],)
        }
        return Proposal(
            guess=guess_operation(self._graph, self._reached, self._name, has_mask="mask" in names),
            bindings=tuple(self._found),
            parameters=propose_parameters(self._graph, self._reached, taken, self._info),
            problems=tuple(self._problems),
        )

    # ------------------------------------------------------------ result

    def _output(self) -> str:
        found = savers(self._graph, self._info)
        choices = [place_of(self._graph, node_id, PREFIX) for node_id in found]
        if not choices:
            self._problems.append(_no_output(self._graph))
            self._add(OUTPUT, [], -1, "no node saves a picture")
            return ""
        reach = [len(upstream(self._graph, node_id)) for node_id in found]
        best = max(range(len(found)), key=lambda index: (reach[index], index))
        if len(found) == 1:
            self._add(OUTPUT, choices, 0, "the only node that saves a picture")
        else:
            why = f"{len(found)} nodes save a picture; this one has most behind it"
            self._add(OUTPUT, choices, best, why, unsure=True)
        return found[best]

    # ------------------------------------------------------------ pictures

    def _pictures(self, output: str) -> None:
        found = find_pictures(self._graph, output, self._info)
        plain = [one for one in found if one.role is not Role.MASK]
        masks = [one for one in found if one.role is Role.MASK]
        places = [self._picture_place(one) for one in found]
        if not plain:
            self._problems.append(
                "It has no LoadImage node, so there is nowhere for a photo to go."
            )
            return
        self._photo(plain, places)
        self._mask(plain[0], masks, found, places)
        controls = [one for one in plain[1:] if one.role is Role.CONTROL]
        others = [one for one in plain[1:] if one.role not in {Role.CONTROL, Role.NONE}]
        for kind, several in (("reference", others), ("control", controls)):
            for number, one in enumerate(several[:_MAX_NUMBERED], 1):
                chosen = places.index(self._picture_place(one))
                further = one.role is Role.PICTURE
                why = "a further picture" if further else _ROLE_WORDS[one.role]
                self._add(f"{kind}_{number}", places, chosen, why)

    def _picture_place(self, one: FoundPicture) -> BindingChoice:
        return place_of(self._graph, one.node, one.input)

    def _photo(self, plain: list[FoundPicture], places: list[BindingChoice]) -> None:
        first = plain[0]
        chosen = places.index(self._picture_place(first))
        rivals = [one for one in plain if one.role is first.role]
        if len(plain) == 1:
            why = "the only picture it takes"
            if first.role in {Role.CONTROL, Role.REFERENCE, Role.NONE}:
                why = f"{why}; {_ROLE_WORDS[first.role]}"
            self._add("image", places, chosen, why, unsure=first.role is Role.NONE)
        elif len(rivals) == 1:
            self._add("image", places, chosen, _ROLE_WORDS[first.role])
        else:
            why = f"{len(rivals)} pictures could be the photo; this one comes first"
            self._add("image", places, chosen, why, unsure=True)

    def _mask(
        self,
        photo: FoundPicture,
        masks: list[FoundPicture],
        found: list[FoundPicture],
        places: list[BindingChoice],
    ) -> None:
        givers = [one for one in found if one.gives_mask and one.role is not Role.MASK]
        if masks:
            chosen = places.index(self._picture_place(masks[0]))
            linked = [one for one in masks if one.node in self._reached]
            several = len(linked) > 1 or (not linked and len(masks) > 1)
            if several:
                why = f"{len(masks)} pictures could be the mask; this one comes first"
            else:
                first = (linked or masks)[0]
                chosen = places.index(self._picture_place(first))
                why = "its picture is used as a mask"
            self._add("mask", places, chosen, why, unsure=several)
        elif givers:
            giver = photo if photo in givers else givers[0]
            chosen = places.index(self._picture_place(giver))
            self._add("mask", places, chosen, "the transparency of this picture is the mask")

    # ------------------------------------------------------------ texts

    def _texts(self, output: str) -> None:
        found = find_texts(self._graph, output, self._info)
        everywhere = self._all_texts()
        second = self._side("prompt", found.positive, everywhere, "what the picture shall be")
        if second is not None:
            self._add("prompt_2", *self._among(second, everywhere), "its second text encoder")
        second = self._side("negative", found.negative, everywhere, "what it shall not be")
        if second is not None:
            places = self._among(second, everywhere)
            self._add("negative_prompt_2", *places, "the second encoder of the negative side")
        if not found.positive and everywhere and self._info is None:
            self._one_plain_prompt(everywhere)

    def _side(
        self, name: str, found: list[FoundText], everywhere: list[TextPlace], meaning: str
    ) -> TextPlace | None:
        """Propose the text of one side; return the place of its second encoder."""
        places = [place for one in found for place in one.places]
        if not places:
            return None
        first = found[0]
        choices, chosen = self._among(first.places[0], everywhere)
        if len(found) > 1:
            why = f"{len(found)} text nodes could be the {name}; this one is nearest to the sampler"
            self._add(name, choices, chosen, why, unsure=True)
        elif len(first.places) > 1:
            why = f"{len(first.places)} texts are put together; this one is the longest"
            self._add(name, choices, chosen, why, unsure=True)
        else:
            self._add(name, choices, chosen, f"it says {meaning}")
        return first.second

    def _one_plain_prompt(self, everywhere: list[TextPlace]) -> None:
        """Bind an input called ``prompt`` of a node that makes the picture itself."""
        named = [place for place in everywhere if place.input == "prompt"]
        if len(named) == 1:
            self._add("prompt", *self._among(named[0], everywhere), "the only input of this name")

    def _all_texts(self) -> list[TextPlace]:
        found: list[TextPlace] = []
        for node_id in self._reached:
            found += text_places(self._graph, node_id, self._info)
        return list(dict.fromkeys(place for place in found if place.input != PREFIX))

    def _among(
        self, place: TextPlace, everywhere: list[TextPlace]
    ) -> tuple[list[BindingChoice], int]:
        ordered = list(dict.fromkeys([*everywhere, place]))
        choices = [place_of(self._graph, one.node, one.input) for one in ordered]
        return choices, ordered.index(place)

    # ------------------------------------------------------------ numbers

    def _seed(self) -> None:
        found = [
            (node_id, name)
            for node_id, name, value in each_value(self._graph, self._with_loose_ends())
            if name in _SEEDS and isinstance(value, int) and not isinstance(value, bool)
        ]
        for node_id in self._reached:
            for name, fed_by in sources_of(self._graph, node_id).items():
                value = each_value(self._graph, [fed_by.node])
                if name in _SEEDS:
                    found += [(fed_by.node, n) for _, n, v in value if isinstance(v, int)]
        found = [one for one in dict.fromkeys(found) if not self._adds_no_noise(one[0])]
        if not found:
            return
        choices = [place_of(self._graph, *one) for one in found]
        why = "the only seed"
        if len(found) > 1:
            why = "the seed of the first pass; the others stay as they are"
        self._add("seed", choices, len(found) - 1, why)

    def _adds_no_noise(self, node_id: str) -> bool:
        inputs = {name: value for _, name, value in each_value(self._graph, [node_id])}
        return inputs.get("add_noise") == "disable"

    def _with_loose_ends(self) -> list[str]:
        return list(dict.fromkeys([*self._reached, *self._graph]))

    def _size(self) -> None:
        """Bind the size of an empty latent, so that the result has the photo's shape."""
        empty = [
            node_id
            for node_id in self._reached
            if class_of(self._graph, node_id).startswith("Empty")
            and "Latent" in class_of(self._graph, node_id)
        ]
        for name in ("width", "height"):
            values = [one for one in each_value(self._graph, empty) if one[1] == name]
            if len(values) == 1 and isinstance(values[0][2], int):
                choices = [place_of(self._graph, values[0][0], name)]
                self._add(name, choices, 0, "the size at which it samples")

    def _add(
        self,
        name: str,
        choices: list[BindingChoice],
        chosen: int,
        reason: str,
        *,
        unsure: bool = False,
    ) -> None:
        self._found.append(
            ProposedBinding(
                name=name, choices=tuple(choices), chosen=chosen, reason=reason, unsure=unsure
            )
        )


_ROLE_WORDS = {
    Role.PICTURE: "it becomes the result",
    Role.REFERENCE: "it is a reference",
    Role.CONTROL: "it steers a ControlNet",
    Role.SIZE: "its size is used",
    Role.MASK: "it is a mask",
    Role.NONE: "no link leads from it to the result",
}


def _no_output(graph: Graph) -> str:
    if not graph:
        return "It holds no nodes."
    return (
        "It saves no picture. Put a SaveImage node at its end in ComfyUI and export it again "
        "(PreviewImage will do too)."
    )


def _unclear(name: str, why: str) -> RabbitError:
    return RabbitError(
        ErrorKind.WORKFLOW_INVALID,
        f"{name}.json has no manifest, and none can be proposed: "
        f"{why[:1].lower()}{why[1:].rstrip('.')}.",
        f"Import it with `rabbitviewer workflows import {name}.json` or in the window, "
        "where you say what is what.",
        {"file": f"{name}.json"},
    )
