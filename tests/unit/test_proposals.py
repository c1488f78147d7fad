"""What a bare graph is proposed to be: the graphs of a real server, and odd ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from daemon.comfyui.manifest import parse_manifest
from daemon.comfyui.manifest_text import write_manifest
from daemon.comfyui.proposals import Proposal, propose, to_manifest
from daemon.comfyui.result_node import make_ready, only_result

GRAPHS = Path(__file__).parents[1] / "data" / "graphs"
SD15 = {"image": "1", "prompt": "6", "negative": "7", "seed": "3", "output": "9"}
EXPECTED: dict[str, tuple[str, str, dict[str, str]]] = {
    "controlnet_canny_sd15": ("general_edit", "image", SD15),
    "controlnet_depth_sd15": ("general_edit", "image", SD15),
    "flux2_klein_4b_edit": (
        "general_edit",
        "image",
        {"image": "76", "prompt": "74", "seed": "73", "output": "9"},
    ),
    "flux_fill_inpaint": (
        "inpaint",
        "image",
        {"image": "17", "mask": "18", "prompt": "23", "seed": "3", "output": "9"},
    ),
    "flux_fill_outpaint": (
        "outpaint",
        "image",
        {"image": "17", "prompt": "23", "seed": "3", "output": "9"},
    ),
    "kontext_edit": (
        "general_edit",
        "image",
        {"image": "190", "prompt": "6", "seed": "31", "output": "136"},
    ),
    "kontext_edit_small_for_tests": (
        "general_edit",
        "image",
        {"image": "190", "prompt": "6", "seed": "31", "output": "136"},
    ),
    "kontext_edit_two_images": (
        "general_edit",
        "image",
        {"image": "190", "reference_1": "191", "prompt": "6", "seed": "31", "output": "136"},
    ),
    "qwen_image_edit_2511": (
        "general_edit",
        "image",
        {"image": "41", "prompt": "151", "negative": "149", "seed": "169", "output": "9"},
    ),
    "remove_background_birefnet": (
        "remove_background",
        "cutout",
        {"image": "1", "output": "18"},
    ),
    "sd15_img2img": ("general_edit", "image", SD15),
    "sd15_inpaint_modelconditioning": ("inpaint", "image", {**SD15, "mask": "2"}),
    "sd15_inpaint_setlatentnoisemask": ("inpaint", "image", {**SD15, "mask": "2"}),
    "sd15_inpaint_vaeencodeforinpaint": ("inpaint", "image", {**SD15, "mask": "2"}),
    "sdxl_inpaint_setlatentnoisemask": ("inpaint", "image", {**SD15, "mask": "2"}),
    "upscale_model": ("upscale", "image", {"image": "1", "output": "4"}),
    "upscale_model_to_factor": ("upscale", "image", {"image": "1", "output": "4"}),
}


def graph_of(name: str) -> dict[str, Any]:
    return json.loads((GRAPHS / f"{name}.json").read_text("utf-8"))


def node(class_type: str, title: str = "", **inputs: Any) -> dict[str, Any]:
    meta = {"_meta": {"title": title}} if title else {}
    return {"class_type": class_type, "inputs": inputs, **meta}


def places(proposal: Proposal) -> dict[str, str]:
    """Where each binding goes, as ``node.input``."""
    found = {one.name: one.choices[one.chosen] for one in proposal.bindings if one.chosen >= 0}
    return {name: f"{place.node}.{place.input}" for name, place in found.items()}


def sampled(**changes: Any) -> dict[str, Any]:
    """A picture that is sampled anew from words, small but whole."""
    return {
        "1": node("LoadImage", image="a.png"),
        "2": node("VAEEncode", pixels=["1", 0], vae=["9", 2]),
        "3": node("CLIPTextEncode", text="good", clip=["9", 1]),
        "4": node("CLIPTextEncode", text="bad", clip=["9", 1]),
        "5": node(
            "KSampler",
            model=["9", 0],
            positive=["3", 0],
            negative=["4", 0],
            latent_image=["2", 0],
            seed=1,
            steps=20,
            cfg=7.0,
        ),
        "6": node("VAEDecode", samples=["5", 0], vae=["9", 2]),
        "7": node("SaveImage", images=["6", 0], filename_prefix="x"),
        "9": node("CheckpointLoaderSimple", ckpt_name="a.safetensors"),
        **changes,
    }


def test_every_graph_of_the_test_data_is_expected() -> None:
    assert {path.stem for path in GRAPHS.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_graph_is_read_by_its_links(name: str) -> None:
    proposal = propose(graph_of(name), name)
    operation, result, bindings = EXPECTED[name]
    assert (proposal.guess.operation, proposal.guess.result) == (operation, result)
    assert {n: place.split(".")[0] for n, place in places(proposal).items()} == bindings


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - {"kontext_edit_two_images"}))
def test_a_graph_with_one_photo_leaves_nothing_to_decide(name: str) -> None:
    assert propose(graph_of(name), name).sure


def test_which_of_two_pictures_is_the_photo_is_asked() -> None:
    proposal = propose(graph_of("kontext_edit_two_images"), "two")
    assert [one.name for one in proposal.unsure] == ["image"]
    assert [choice.node for choice in proposal.unsure[0].choices] == ["190", "191"]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_proposed_manifest_is_read_back_as_it_was_written(name: str) -> None:
    manifest = to_manifest(propose(graph_of(name), name), title='It\'s: a "test"')
    assert parse_manifest(write_manifest(manifest, "Why.").encode(), "x.yaml") == manifest


def test_a_text_that_another_node_holds_is_typed_there() -> None:
    graph = sampled(
        **{
            "3": node("CLIPTextEncode", text=["8", 0], clip=["9", 1]),
            "8": node("PrimitiveStringMultiline", value="good"),
        }
    )
    assert places(propose(graph, "x"))["prompt"] == "8.value"


def test_a_text_that_is_put_together_is_asked_about() -> None:
    graph = sampled(
        **{
            "3": node("CLIPTextEncode", text=["8", 0], clip=["9", 1]),
            "8": node(
                "StringConcatenate", string_a="a long beginning", string_b="end", delimiter=","
            ),
        }
    )
    proposal = propose(graph, "x")
    assert [one.name for one in proposal.unsure] == ["prompt"]
    assert places(proposal)["prompt"] == "8.string_a"


def test_two_texts_that_are_combined_are_asked_about() -> None:
    graph = sampled(
        **{
            "8": node("CLIPTextEncode", text="more", clip=["9", 1]),
            "10": node("ConditioningCombine", conditioning_1=["3", 0], conditioning_2=["8", 0]),
        }
    )
    graph["5"]["inputs"]["positive"] = ["10", 0]
    proposal = propose(graph, "x")
    assert [one.name for one in proposal.unsure] == ["prompt"]
    assert proposal.unsure[0].choices[proposal.unsure[0].chosen].node == "3"


def test_a_node_with_two_encoders_gets_a_second_prompt() -> None:
    encoder = node("CLIPTextEncodeFlux", clip=["9", 1], clip_l="short", t5xxl="long", guidance=3.5)
    found = places(propose(sampled(**{"3": encoder}), "x"))
    assert (found["prompt"], found["prompt_2"]) == ("3.t5xxl", "3.clip_l")


def test_a_guider_passes_both_sides_on() -> None:
    graph = sampled(
        **{
            "5": node(
                "SamplerCustomAdvanced",
                noise=["10", 0],
                guider=["11", 0],
                latent_image=["2", 0],
            ),
            "10": node("RandomNoise", noise_seed=7),
            "11": node("CFGGuider", model=["9", 0], positive=["3", 0], negative=["4", 0], cfg=3.0),
        }
    )
    found = places(propose(graph, "x"))
    assert (found["prompt"], found["negative"], found["seed"]) == (
        "3.text",
        "4.text",
        "10.noise_seed",
    )


def test_control_nodes_pass_each_side_on_at_its_own_output() -> None:
    found = places(propose(graph_of("controlnet_canny_sd15"), "x"))
    assert (found["prompt"], found["negative"]) == ("6.text", "7.text")


def test_a_text_that_is_zeroed_out_is_no_negative_prompt() -> None:
    graph = sampled(**{"4": node("ConditioningZeroOut", conditioning=["3", 0])})
    assert "negative" not in places(propose(graph, "x"))


def test_a_control_picture_of_its_own_is_a_control() -> None:
    graph = sampled(
        **{
            "8": node("LoadImage", image="edges.png"),
            "10": node(
                "ControlNetApplyAdvanced",
                positive=["3", 0],
                negative=["4", 0],
                control_net=["11", 0],
                image=["8", 0],
            ),
            "11": node("ControlNetLoader", control_net_name="c.safetensors"),
        }
    )
    graph["5"]["inputs"] |= {"positive": ["10", 0], "negative": ["10", 1]}
    proposal = propose(graph, "x")
    assert proposal.sure
    assert (places(proposal)["image"], places(proposal)["control_1"]) == ("1.image", "8.image")


def test_a_reference_is_told_from_the_photo_that_is_sampled() -> None:
    graph = sampled(
        **{
            "8": node("LoadImage", image="style.png"),
            "10": node("VAEEncode", pixels=["8", 0], vae=["9", 2]),
            "11": node("ReferenceLatent", conditioning=["3", 0], latent=["10", 0]),
        }
    )
    graph["5"]["inputs"]["positive"] = ["11", 0]
    proposal = propose(graph, "x")
    assert proposal.sure
    assert (places(proposal)["image"], places(proposal)["reference_1"]) == ("1.image", "8.image")


def test_the_transparency_of_the_photo_may_be_the_mask() -> None:
    graph = sampled(**{"8": node("SetLatentNoiseMask", samples=["2", 0], mask=["1", 1])})
    graph["5"]["inputs"]["latent_image"] = ["8", 0]
    assert places(propose(graph, "x"))["mask"] == "1.image"


def test_the_size_of_an_empty_latent_is_bound() -> None:
    empty = node("EmptyLatentImage", width=512, height=768, batch_size=1)
    found = places(propose(sampled(**{"2": empty}), "x"))
    assert (found["width"], found["height"]) == ("2.width", "2.height")


def test_two_nodes_that_save_are_asked_about() -> None:
    graph = sampled(**{"8": node("SaveImage", images=["1", 0], filename_prefix="copy")})
    proposal = propose(graph, "x")
    assert [one.name for one in proposal.unsure] == ["output"]
    assert places(proposal)["output"] == "7.filename_prefix"


def test_a_graph_without_a_place_for_the_photo_says_so() -> None:
    empty = node("EmptyLatentImage", width=512, height=512, batch_size=1)
    graph = sampled(**{"2": empty})
    del graph["1"]
    assert propose(graph, "x").problems == (
        "It has no LoadImage node, so there is nowhere for a photo to go.",
    )


@pytest.mark.parametrize("shower", ["PreviewImage", "SaveImageWebsocket"])
def test_a_picture_that_is_only_shown_is_saved_instead(shower: str) -> None:
    ready = make_ready(sampled(**{"7": node(shower, images=["6", 0])}))
    assert ready.graph["7"]["class_type"] == "SaveImage"
    assert ready.notes == (f"{shower} 7 became a SaveImage, so that its picture is kept.",)


def test_ends_beside_the_result_are_left_out() -> None:
    graph = sampled(**{"8": node("PreviewImage", images=["1", 0])})
    only, notes = only_result(graph, "7")
    assert "8" not in only
    assert "8" in graph
    assert notes == ("Left out, since it is not the result: PreviewImage 8.",)


def test_what_is_turned_often_stands_before_model_files() -> None:
    proposal = propose(graph_of("sd15_img2img"), "x")
    wanted = [one.info.name for one in proposal.parameters if one.wanted]
    assert wanted == ["denoise", "steps", "cfg", "sampler", "scheduler", "checkpoint"]


def test_a_graph_that_only_changes_colors_is_a_color_grade() -> None:
    graph = {
        "1": node("LoadImage", image="a.png"),
        "2": node("ImageInvert", image=["1", 0]),
        "3": node("SaveImage", images=["2", 0], filename_prefix="x"),
    }
    guess = propose(graph, "anything").guess
    assert (guess.operation, guess.result) == ("color_grade", "lut")


def test_a_name_with_color_in_it_makes_an_edit_a_color_grade() -> None:
    guess = propose(graph_of("kontext_edit"), "kontext color grade").guess
    assert (guess.operation, guess.result) == ("color_grade", "lut")


def test_links_in_a_circle_end() -> None:
    graph = sampled(**{"2": node("VAEEncode", pixels=["6", 0], vae=["9", 2])})
    assert propose(graph, "x").bindings
