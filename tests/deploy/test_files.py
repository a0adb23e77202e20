"""What in `deploy/` cannot be run by a test fits the program all the same."""

from __future__ import annotations

import configparser
import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from storybook.cli import cli

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def unit() -> configparser.SectionProxy:
    """The service's part of the unit."""
    read = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    read.optionxform = str  # type: ignore[assignment,method-assign]  # names have capitals
    read.read(DEPLOY / "systemd" / "storybook.service", "utf-8")
    return read["Service"]


def image() -> dict[str, list[str]]:
    """The last CMD, ENTRYPOINT and HEALTHCHECK of the image, as the words that are started."""
    text = (DEPLOY / "docker" / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    found = re.findall(r"^(ENTRYPOINT|CMD|HEALTHCHECK).*?(\[.*\])$", text, re.M)
    return {name: json.loads(words) for name, words in found}


@pytest.mark.parametrize(
    "words",
    [shlex.split(unit()["ExecStart"]), [*image()["ENTRYPOINT"], *image()["CMD"]]],
    ids=["unit", "image"],
)
def test_what_is_started_is_a_command_of_this_program(words: list[str]) -> None:
    """With options that it takes."""
    program, *arguments = words
    assert Path(program).name == "storybook"
    known = {"/etc/storybook/storybook.toml": str(ROOT / "pyproject.toml")}
    told = [known.get(it, it) for it in arguments if it not in ("--config", *known)]
    result = CliRunner().invoke(cli, [*told, "--help"])
    assert result.exit_code == 0, result.output


def test_a_fault_in_the_settings_is_not_tried_again(tmp_path: Path) -> None:
    """Every two seconds for ever, with the message scrolled away; what else fails is."""
    file = tmp_path / "storybook.toml"
    file.write_text("[server]\nprot = 1\n", "utf-8")
    started = ["--config", str(file), "--data", str(tmp_path), "serve"]
    result = CliRunner().invoke(cli, started)
    assert unit()["RestartPreventExitStatus"] == str(result.exit_code)
    assert unit()["Restart"] == "on-failure"


def test_the_image_takes_what_is_there() -> None:
    """Each file that is copied exists, and is not kept out of the build."""
    text = (DEPLOY / "docker" / "Dockerfile").read_text("utf-8")
    kept = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text("utf-8").split()
    copied = [
        it for line in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.M) for it in line.split()
    ]
    assert len(copied) > 5
    for it in copied:
        assert (ROOT / it).exists(), it
        assert f"!{it.split('/')[0]}" in kept, it


def test_no_service_runs_as_root() -> None:
    """Nor may it become root, or write elsewhere than into its folder."""
    service = unit()
    assert service["User"] == "storybook" and service["NoNewPrivileges"] == "yes"
    assert service["Type"] == "notify" and int(service["WatchdogSec"]) > 0
    assert service["ProtectSystem"] == "strict" and service["CapabilityBoundingSet"] == ""
    assert "USER 10001" in (DEPLOY / "docker" / "Dockerfile").read_text("utf-8")
    compose = (DEPLOY / "docker" / "compose.yaml").read_text("utf-8")
    for line in ("read_only: true", "no-new-privileges:true", '"127.0.0.1:8000:8000"'):
        assert line in compose
