"""The editor's format becomes the graph that its own button would have sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storybook.stages.illustrator.comfyui.editor import to_graph
from storybook.stages.illustrator.comfyui.graph import WorkflowError
from storybook.stages.illustrator.comfyui.node_types import NodeTypes
from tests.comfyui.drawings import NODE_TYPES, Drawing, Socket, text
from tests.comfyui.listening import HERE

SEED, STEPS = "seed", "steps"


def test_a_users_file_is_converted_value_by_value() -> None:
    """KSampler's list has one value more than the node has inputs; the note falls away."""
    document = json.loads((HERE / "workflows/editor_make_panel.json").read_text())
    graph = to_graph(document, NODE_TYPES)
    assert set(graph) == {"1", "2", "3", "4", "5", "6", "7"}
    assert graph["5"] == {
        "class_type": "KSampler",
        "inputs": {
            "model": ["1", 0],
            "positive": ["2", 0],
            "negative": ["3", 0],
            "latent_image": ["4", 0],
            "seed": 156680208700286,
            "steps": 5,
            "cfg": 1,
            "sampler_name": "dpmpp_sde_gpu",
            "scheduler": "karras",
            "denoise": 1,
        },
        "_meta": {"title": "KSampler"},
    }
    assert graph["3"]["inputs"]["text"].startswith("text, letters, words")
    assert graph["2"]["_meta"]["title"] == "CLIP Text Encode (Positive)"
    assert graph["7"]["inputs"] == {"images": ["6", 0], "filename_prefix": "panel"}


@pytest.mark.parametrize(
    "values",
    [
        [5, "fixed", 20, 8, "euler", "normal", 1],
        [5, "randomize", 20, 8, "euler", "normal", 1],
        [5, True, 20, 8, "euler", "normal", 1],
        [5, 20, 8, "euler", "normal", 1],
        {"seed": 5, "steps": 20, "cfg": 8, "sampler_name": "euler", "scheduler": "normal"},
    ],
    ids=["fixed", "randomize", "very old", "without", "by name"],
)
def test_the_control_after_a_seed_is_no_input(values: Any) -> None:
    """Whatever it says, and where it is missing."""
    inputs = Drawing().node(1, "KSampler", values=values).graph()["1"]["inputs"]
    assert (inputs["seed"], inputs["steps"], inputs["cfg"]) == (5, 20, 8)
    assert (inputs["sampler_name"], inputs["scheduler"]) == ("euler", "normal")


def test_an_older_server_does_not_announce_the_control() -> None:
    """An INT of the name `seed` has one all the same."""
    info = {"Old": {"input": {"required": {"seed": ["INT", {}], "steps": ["INT", {}]}}}}
    drawing = Drawing().node(1, "Old", values=[5, "fixed", 20])
    graph = to_graph(drawing.document(), NodeTypes(info))
    assert graph["1"]["inputs"] == {"seed": 5, "steps": 20}


def test_an_uploads_button_is_no_input() -> None:
    """LoadImage saves its button's name after the file's."""
    graph = Drawing().node(1, "LoadImage", values=["example.png", "image"]).graph()
    assert graph["1"]["inputs"] == {"image": "example.png"}


def test_inputs_that_came_later_have_their_defaults() -> None:
    """A workflow that is older than its node type."""
    graph = Drawing().node(1, "EmptyLatentImage", values=[640]).graph()
    assert graph["1"]["inputs"] == {"width": 640, "height": 512, "batch_size": 1}


def test_a_list_is_a_value_and_no_link() -> None:
    """It is wrapped, as the editor does."""
    graph = Drawing().node(1, "EmptyLatentImage", values=[["5", 0], 64, 1]).graph()
    assert graph["1"]["inputs"]["width"] == {"__value__": ["5", 0]}


@pytest.mark.parametrize("links_are_objects", [False, True])
def test_reroutes_are_looked_through(links_are_objects: bool) -> None:
    """One after the other, with both shapes of links."""
    drawing = Drawing(links_are_objects=links_are_objects)
    text(drawing, 1)
    drawing.node(2, "Reroute", inputs={("", "*"): (1, 0)}, outputs=("*",))
    drawing.node(3, "Reroute", inputs={("", "*"): (2, 0)}, outputs=("*",))
    drawing.node(4, "ConditioningZeroOut", inputs={("conditioning", "CONDITIONING"): (3, 0)})
    graph = drawing.graph()
    assert set(graph) == {"1", "4"}
    assert graph["4"]["inputs"] == {"conditioning": ["1", 0]}


def test_a_primitive_node_is_its_value() -> None:
    """It goes into the widget that it is linked to, whose own old value is passed over."""
    drawing = Drawing()
    drawing.node(1, "PrimitiveNode", values=[777, "fixed"], outputs=("INT",))
    drawing.node(
        2,
        "KSampler",
        values=[5, "fixed", 20, 8, "euler", "normal", 1],
        inputs={("seed", "INT"): (1, 0)},
        widgets=("seed",),
    )
    graph = drawing.graph()
    assert set(graph) == {"2"}
    assert (graph["2"]["inputs"]["seed"], graph["2"]["inputs"]["steps"]) == (777, 20)


def test_a_widget_made_a_socket_takes_its_link_and_keeps_its_place() -> None:
    """The values after it do not move up."""
    drawing = Drawing()
    drawing.node(1, "PrimitiveInt", values=[640, "fixed"], outputs=("INT",))
    drawing.node(
        2,
        "EmptyLatentImage",
        values=[512, 768, 1],
        inputs={("width", "INT"): (1, 0)},
        widgets=("width",),
    )
    inputs = drawing.graph()["2"]["inputs"]
    assert inputs == {"width": ["1", 0], "height": 768, "batch_size": 1}


def test_muted_nodes_are_gone_and_so_are_their_links() -> None:
    """What depended on one has no such input any more."""
    drawing = Drawing()
    text(drawing, 1, mode=2)
    drawing.node(2, "ConditioningZeroOut", inputs={("conditioning", "CONDITIONING"): (1, 0)})
    assert drawing.graph() == {
        "2": {
            "class_type": "ConditioningZeroOut",
            "inputs": {},
            "_meta": {"title": "ConditioningZeroOut"},
        }
    }


def test_bypassed_nodes_pass_on_what_is_of_the_same_type() -> None:
    """A bypassed LoRA passes on the model and the clip of its loader."""
    drawing = Drawing()
    drawing.node(
        1, "CheckpointLoaderSimple", values=["x.safetensors"], outputs=("MODEL", "CLIP", "VAE")
    )
    drawing.node(
        2,
        "LoraLoader",
        mode=4,
        values=["watercolor.safetensors", 1, 1],
        inputs={("clip", "CLIP"): (1, 1), ("model", "MODEL"): (1, 0)},
        outputs=("MODEL", "CLIP"),
    )
    text(drawing, 3, inputs={("clip", "CLIP"): (2, 1)})
    drawing.node(4, "KSampler", inputs={("model", "MODEL"): (2, 0)}, values=[])
    graph = drawing.graph()
    assert "2" not in graph
    assert graph["3"]["inputs"]["clip"] == ["1", 1]
    assert graph["4"]["inputs"]["model"] == ["1", 0]


def test_of_several_of_the_same_type_the_one_in_the_same_place_is_passed_on() -> None:
    """A bypassed control net keeps positive and negative apart."""
    drawing = text(text(Drawing(), 1), 2)
    sides: tuple[Socket, Socket] = (("positive", "CONDITIONING"), ("negative", "CONDITIONING"))
    drawing.node(
        3,
        "ControlNetApplyAdvanced",
        mode=4,
        inputs={sides[0]: (1, 0), sides[1]: (2, 0)},
        outputs=("CONDITIONING", "CONDITIONING"),
    )
    drawing.node(4, "KSampler", values=[], inputs={sides[0]: (3, 0), sides[1]: (3, 1)})
    inputs = drawing.graph()["4"]["inputs"]
    assert (inputs["positive"], inputs["negative"]) == (["1", 0], ["2", 0])


def test_a_bypassed_node_with_nothing_of_the_type_passes_on_nothing() -> None:
    """An empty latent has no input that could take its place."""
    drawing = Drawing()
    drawing.node(1, "EmptyLatentImage", mode=4, values=[64, 64, 1], outputs=("LATENT",))
    drawing.node(2, "VAEDecode", inputs={("samples", "LATENT"): (1, 0)})
    assert drawing.graph()["2"]["inputs"] == {}


# ----------------------------------------------------------------------------------- subgraphs


def encoder_subgraph(name: str = "sub", **inner_more: Any) -> dict[str, Any]:
    """A subgraph that encodes a text: inputs clip and text, output conditioning."""
    inner = Drawing(links_are_objects=True)
    inner.node(
        5,
        "CLIPTextEncode",
        values=["inner words"],
        inputs={("clip", "CLIP"): (-10, 0), ("text", "STRING"): (-10, 1)},
        widgets=("text",),
        outputs=("CONDITIONING",),
        **inner_more,
    )
    inner.link(5, 0, -20, 0, "CONDITIONING")
    return {
        "id": name,
        "name": "Prompt",
        "nodes": inner.nodes,
        "links": inner.links,
        "inputs": [{"name": "clip", "type": "CLIP"}, {"name": "text", "type": "STRING"}],
        "outputs": [{"name": "CONDITIONING", "type": "CONDITIONING"}],
    }


def around(drawing: Drawing, **instance: Any) -> Drawing:
    """A loader, the subgraph's instance 2, and a node that takes its output."""
    drawing.node(
        1, "CheckpointLoaderSimple", values=["x.safetensors"], outputs=("MODEL", "CLIP", "VAE")
    )
    inputs = {("clip", "CLIP"): (1, 1), ("text", "STRING"): instance.pop("source", None)}
    drawing.node(2, "sub", inputs=inputs, widgets=("text",), outputs=("CONDITIONING",), **instance)
    drawing.node(3, "ConditioningZeroOut", inputs={("conditioning", "CONDITIONING"): (2, 0)})
    return drawing


def test_a_subgraph_is_flattened_with_paths_for_ids() -> None:
    """Links cross its border in both directions."""
    graph = around(Drawing()).graph(encoder_subgraph())
    assert set(graph) == {"1", "2:5", "3"}
    assert graph["2:5"]["inputs"] == {"clip": ["1", 1], "text": "inner words"}
    assert graph["3"]["inputs"] == {"conditioning": ["2:5", 0]}


@pytest.mark.parametrize(
    "instance",
    [
        {"values": ["outer words"]},
        {"values": ["outer words"], "properties": {"proxyWidgets": [["-1", "text"]]}},
    ],
    ids=["older", "newer"],
)
def test_an_instance_may_have_a_value_of_its_own(instance: dict[str, Any]) -> None:
    """A widget shown on the outside overrides the one within."""
    graph = around(Drawing(), **instance).graph(encoder_subgraph())
    assert graph["2:5"]["inputs"]["text"] == "outer words"


def test_a_widget_shown_outside_may_keep_its_value_within() -> None:
    """As editors in between save it."""
    instance = {"values": [], "properties": {"proxyWidgets": [["5", "text"]]}}
    graph = around(Drawing(), **instance).graph(encoder_subgraph())
    assert graph["2:5"]["inputs"]["text"] == "inner words"


def test_a_link_from_outside_overrides_the_widget_within() -> None:
    """A node that only holds a value writes into widgets of its own drawing, and not into this."""
    linked = around(Drawing(), source=(9, 0))
    linked.node(9, "PrimitiveString", values=["linked words"], outputs=("STRING",))
    assert linked.graph(encoder_subgraph())["2:5"]["inputs"]["text"] == ["9", 0]
    written = around(Drawing(), source=(9, 0))
    written.node(9, "PrimitiveNode", values=["linked words"], outputs=("STRING",))
    assert written.graph(encoder_subgraph())["2:5"]["inputs"]["text"] == "inner words"


def test_two_instances_of_one_subgraph_are_two_nodes() -> None:
    """Each with its own path and its own value."""
    drawing = around(Drawing(), values=["one"])
    drawing.node(
        4,
        "sub",
        inputs={("clip", "CLIP"): (1, 1), ("text", "STRING"): None},
        widgets=("text",),
        values=["two"],
        outputs=("CONDITIONING",),
    )
    graph = drawing.graph(encoder_subgraph())
    assert graph["2:5"]["inputs"]["text"] == "one"
    assert graph["4:5"]["inputs"]["text"] == "two"


def test_subgraphs_may_stand_in_subgraphs() -> None:
    """Values and links go through both borders."""
    middle = Drawing(links_are_objects=True)
    middle.node(
        7,
        "inner",
        inputs={("clip", "CLIP"): (-10, 0), ("text", "STRING"): (-10, 1)},
        widgets=("text",),
        outputs=("CONDITIONING",),
    )
    middle.link(7, 0, -20, 0, "CONDITIONING")
    outer = encoder_subgraph() | {"nodes": middle.nodes, "links": middle.links}
    graph = around(Drawing(), values=["deep"]).graph(outer, encoder_subgraph("inner"))
    assert graph["2:7:5"]["inputs"] == {"clip": ["1", 1], "text": "deep"}
    assert graph["3"]["inputs"] == {"conditioning": ["2:7:5", 0]}


def test_a_muted_subgraph_is_gone_with_all_that_is_in_it() -> None:
    """And its output with it."""
    graph = around(Drawing(), mode=2).graph(encoder_subgraph())
    assert set(graph) == {"1", "3"}
    assert graph["3"]["inputs"] == {}


def test_an_unknown_node_keeps_its_links() -> None:
    """So that everything else can still be said about the workflow."""
    drawing = text(Drawing(), 1)
    drawing.node(2, "FromSomePack", values=[1], inputs={("cond", "CONDITIONING"): (1, 0)})
    assert drawing.graph()["2"]["inputs"] == {"cond": ["1", 0]}


@pytest.mark.parametrize(
    "document",
    [
        {"nodes": [{"id": 1}], "links": []},
        {"nodes": [], "links": []},
        {"nodes": [{"type": "KSampler"}], "links": []},
        {"nodes": ["x"], "links": []},
        {
            "nodes": [{"id": 1, "type": "KSampler", "inputs": [{"name": "model", "link": 1}]}],
            "links": [[1, 9, 0, 1, 0, "MODEL"]],
        },
        {"nodes": [{"id": 1, "type": "KSampler", "widgets_values": 5}], "links": []},
    ],
)
def test_damaged_files_are_refused_in_one_sentence(document: Any) -> None:
    """Nothing but a `WorkflowError` comes out."""
    with pytest.raises(WorkflowError, match="save"):
        raise_unless_fine(document)


def raise_unless_fine(document: Any) -> None:
    graph = to_graph(document, NODE_TYPES)
    raise AssertionError(f"was read as {graph}")


def test_links_in_a_circle_are_refused() -> None:
    """Two reroutes that feed each other."""
    drawing = Drawing()
    drawing.node(1, "Reroute", inputs={("", "*"): (2, 0)}, outputs=("*",))
    drawing.node(2, "Reroute", inputs={("", "*"): (1, 0)}, outputs=("*",))
    drawing.node(3, "ConditioningZeroOut", inputs={("conditioning", "CONDITIONING"): (2, 0)})
    with pytest.raises(WorkflowError, match="circle"):
        drawing.graph()


def test_subgraphs_that_contain_each_other_are_refused() -> None:
    """However deep one looks."""
    inner = Drawing(links_are_objects=True).node(1, "sub")
    sub = encoder_subgraph() | {"nodes": inner.nodes, "links": []}
    with pytest.raises(WorkflowError, match="contain each other"):
        Drawing().node(1, "sub").graph(sub)


def test_a_file_whose_subgraphs_multiply_without_end_is_refused() -> None:
    """Ten in each of ten, and so on: a small file of a graph that nobody could execute."""
    subgraphs = []
    for level in range(8):
        inner = Drawing(links_are_objects=True)
        for number in range(10):
            inner.node(
                number, f"level {level + 1}" if level < 7 else "CLIPTextEncode", values=["x"]
            )
        subgraphs.append({"id": f"level {level}", "nodes": inner.nodes, "links": []})
    with pytest.raises(WorkflowError, match="more than 10,000 nodes"):
        Drawing().node(1, "level 0").graph(*subgraphs)
