"""What in `deploy/` cannot be run by a test fits the program all the same."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path
from typing import Final

import pytest
import yaml  # type: ignore[import-untyped]  # its types are a package of their own
from click.testing import CliRunner

from storybook.cli import cli
from storybook.configuration import load_settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SYSTEMD: Final = shutil.which("systemd-analyze")
HADOLINT: Final = shutil.which(
    "hadolint", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
)
MOST_EXPOSED: Final = 15
"""Tenths, of 100, as `systemd-analyze security` counts; a service that is left as it is has 96."""


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


@pytest.mark.skipif(SYSTEMD is None, reason="no systemd-analyze here to read the unit")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """Each line, with the program where it is here; and it finds little that could do harm."""
    text = (DEPLOY / "systemd" / "storybook.service").read_text("utf-8")
    program = tmp_path / "storybook"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file = tmp_path / "storybook.service"
    file.write_text(text.replace("/opt/storybook/bin/storybook", str(program)), "utf-8")
    verified = analyzed("verify", "--man=no", "--recursive-errors=no", str(file))
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    rated = analyzed("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(file))
    assert rated.returncode == 0, rated.stdout


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert SYSTEMD is not None
    return subprocess.run([SYSTEMD, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.skipif(HADOLINT is None, reason="no hadolint here to read the Dockerfile")
def test_hadolint_finds_nothing_in_the_image() -> None:
    """Not even what it only mentions."""
    assert HADOLINT is not None
    command = [HADOLINT, "--failure-threshold", "style", str(DEPLOY / "docker" / "Dockerfile")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_the_container_fits_the_image_and_the_settings() -> None:
    """What it names is there: the file that it is built by, the folder and the port of the image,
    settings of this version; and the proxy that is believed is the host, as the network has it."""
    compose = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text("utf-8"))
    image_text = (DEPLOY / "docker" / "Dockerfile").read_text("utf-8")
    assert set(compose) == {"services", "volumes", "networks"}
    (service,) = compose["services"].values()
    context = (DEPLOY / "docker" / service["build"]["context"]).resolve()
    assert context == ROOT and (context / service["build"]["dockerfile"]).is_file()
    (volume,) = service["volumes"]
    name, _, folder = volume.partition(":")
    assert name in compose["volumes"] and f"STORYBOOK_DATA={folder}" in image_text
    assert {it.split(":")[-1] for it in service["ports"]} == set(
        re.findall(r"^EXPOSE (\d+)$", image_text, re.M)
    )
    told = {it: str(value) for it, value in service["environment"].items()}
    (network,) = service["networks"]
    (pool,) = compose["networks"][network]["ipam"]["config"]
    gateway = next(ip_network(pool["subnet"]).hosts())
    found = load_settings(told)
    assert found.server.trusted_proxies == (str(gateway),)


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
