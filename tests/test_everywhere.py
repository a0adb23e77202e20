"""The same commands everywhere: what a developer runs is what a commit and the workflow run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its types are a package of their own

ROOT = Path(__file__).parent.parent
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def parsed(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def job() -> Any:
    return parsed(".github/workflows/test.yml")["jobs"]["test"]


def test_the_workflow_runs_what_a_developer_runs() -> None:
    """Its commands are targets of the Makefile, and the whole of the tests is among them."""
    commands = [step["run"].split() for step in job()["steps"] if "run" in step]
    assert {make for make, *_ in commands} == {"make"}
    assert {target for _, target, *_ in commands} == {"test", "dist"} <= TARGETS


def test_the_workflow_runs_on_every_system_that_is_promised() -> None:
    """And on the oldest Python that the package accepts."""
    matrix = job()["strategy"]["matrix"]
    assert {it.split("-")[0] for it in matrix["os"]} == {"ubuntu", "macos", "windows"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={matrix['python'][0]}"


def test_a_commit_goes_through_what_make_lint_says() -> None:
    """One list of checks, with the versions that are locked."""
    hooks = [it for repo in parsed(".pre-commit-config.yaml")["repos"] for it in repo["hooks"]]
    assert [(it["entry"], it["language"]) for it in hooks] == [("make lint", "system")]
    assert "lint" in TARGETS


@pytest.mark.parametrize("name", [".github/workflows/test.yml", ".pre-commit-config.yaml"])
def test_no_automation_names_a_package_index(name: str) -> None:
    """Where packages come from is the user's choice."""
    assert not re.search(r"https?://|index-url", (ROOT / name).read_text(encoding="utf-8"))


def test_every_target_is_helped_with_and_phony() -> None:
    """`make help` has a line for each command, and none of them is mistaken for a file."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, re.M)[0].split()
    assert set(phony) == TARGETS
    assert set(re.findall(r"^([a-z-]+):.*## ", makefile, re.M)) == TARGETS - {"help"}
