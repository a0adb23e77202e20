"""What the double says against a prompt: the checks of ComfyUI 0.3.64, in its words.

The recordings in `recordings/validation_errors.json` are what it is held against.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Errors = dict[str, Any]


def fatal(graph: Any, object_info: Mapping[str, Any]) -> Errors | None:
    """The error of a prompt that is refused before any of its outputs is looked at."""
    for node_id, node in graph.items():
        where = f"Node ID '#{node_id}'"
        if not isinstance(node, dict) or "class_type" not in node:
            message = "Cannot execute because a node is missing the class_type property."
            return error("invalid_prompt", message, where)
        if node["class_type"] not in object_info:
            message = f"Cannot execute because node {node['class_type']} does not exist."
            return error("invalid_prompt", message, where)
    if not any(object_info[node["class_type"]]["output_node"] for node in graph.values()):
        return error("prompt_no_outputs", "Prompt has no outputs", "")
    return None


def error(kind: str, message: str, details: str) -> Errors:
    return {"type": kind, "message": message, "details": details, "extra_info": {}}


def outputs(
    graph: Mapping[str, Any], object_info: Mapping[str, Any]
) -> tuple[list[str], dict[str, Errors]]:
    """The output nodes that can be executed, and the errors of the others by node."""
    good: list[str] = []
    bad: dict[str, Errors] = {}
    for node_id, node in graph.items():
        if object_info[node["class_type"]]["output_node"]:
            errors = dict(_upstream(node_id, graph, object_info, set()))
            for faulty, its in errors.items():
                entry = bad.setdefault(
                    faulty,
                    {
                        "errors": its,
                        "dependent_outputs": [],
                        "class_type": graph[faulty]["class_type"],
                    },
                )
                entry["dependent_outputs"].append(node_id)
            if not errors:
                good.append(node_id)
    return good, bad


def _upstream(
    node_id: str, graph: Mapping[str, Any], object_info: Mapping[str, Any], seen: set[str]
) -> Iterator[tuple[str, list[Errors]]]:
    """The faulty nodes that an output depends on. A node whose own inputs are linked wrongly hides
    what is after it."""
    if node_id in seen:
        return
    seen.add(node_id)
    node = graph[node_id]
    spec = object_info[node["class_type"]]["input"]
    found: list[Errors] = []
    for name, config in [*spec.get("required", {}).items(), *spec.get("optional", {}).items()]:
        is_required = name in spec.get("required", {})
        found += _input(node, name, config, is_required, graph, object_info)
    if found:
        yield node_id, found
    for name, value in node["inputs"].items():
        if not isinstance(value, list) or len(value) != 2 or value[0] not in graph:
            continue
        missing = _missing_node(graph[value[0]], graph)
        if missing is None:
            yield from _upstream(value[0], graph, object_info, seen)
        else:  # looking into the node raises, and that is told of it by the one that looked
            config = (spec.get("required", {}) | spec.get("optional", {}))[name]
            yield value[0], [_raised(missing, name, config, value)]


def _input(
    node: Mapping[str, Any],
    name: str,
    config: list[Any],
    is_required: bool,
    graph: Mapping[str, Any],
    object_info: Mapping[str, Any],
) -> Iterator[Errors]:
    if name not in node["inputs"]:
        if is_required:
            missing = {"input_name": name}
            yield _fault("required_input_missing", "Required input is missing", name, missing)
        return
    value = node["inputs"][name]
    extra: dict[str, Any] = {"input_name": name, "input_config": config}
    if isinstance(value, list):
        yield from _link(value, name, config, extra, graph, object_info)
        return
    extra["received_value"] = value
    kind, more = config[0], config[1] if len(config) > 1 else {}
    if kind in ("INT", "FLOAT"):
        try:
            number = int(value) if kind == "INT" else float(value)
        except (TypeError, ValueError) as reason:
            extra["exception_message"] = str(reason)
            message = f"Failed to convert an input value to a {kind} value"
            yield _fault("invalid_input_type", message, f"{name}, {value}, {reason}", extra)
            return
        if "min" in more and number < more["min"]:
            message = f"Value {number} smaller than min of {more['min']}"
            yield _fault("value_smaller_than_min", message, name, extra)
        elif "max" in more and number > more["max"]:
            message = f"Value {number} bigger than max of {more['max']}"
            yield _fault("value_bigger_than_max", message, name, extra)
    options = kind if isinstance(kind, list) else more.get("options") if kind == "COMBO" else None
    if options is not None and value not in options:
        if len(options) > 20:
            extra["input_config"] = None
            details = f"{name}: '{value}' not in (list of length {len(options)})"
        else:
            details = f"{name}: '{value}' not in {options}"
        yield _fault("value_not_in_list", "Value not in list", details, extra)


def _link(
    value: list[Any],
    name: str,
    config: list[Any],
    extra: dict[str, Any],
    graph: Mapping[str, Any],
    object_info: Mapping[str, Any],
) -> Iterator[Errors]:
    if len(value) != 2:
        message = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
        yield _fault("bad_linked_input", message, name, {**extra, "received_value": value})
    elif value[0] in graph:
        given = object_info[graph[value[0]]["class_type"]]["output"][value[1]]
        if isinstance(config[0], str) and given != config[0] and config[0] != "*":
            details = f"{name}, received_type({given}) mismatch input_type({config[0]})"
            yield _fault(
                "return_type_mismatch",
                "Return type mismatch between linked nodes",
                details,
                {**extra, "received_type": given, "linked_node": value},
            )


def _fault(kind: str, message: str, details: str, extra: dict[str, Any]) -> Errors:
    return {"type": kind, "message": message, "details": details, "extra_info": extra}


def _missing_node(node: Mapping[str, Any], graph: Mapping[str, Any]) -> str | None:
    """The node that another is linked to, and that is not there."""
    for value in node["inputs"].values():
        if isinstance(value, list) and len(value) == 2 and value[0] not in graph:
            return str(value[0])
    return None


def _raised(missing: str, name: str, config: list[Any], link: list[Any]) -> Errors:
    extra = {
        "input_name": name,
        "input_config": config,
        "exception_message": f"'{missing}'",
        "exception_type": "KeyError",
        "traceback": ["<trimmed>"],
        "linked_node": link,
    }
    kind, message = "exception_during_inner_validation", "Exception when validating inner node"
    return _fault(kind, message, f"'{missing}'", extra)
