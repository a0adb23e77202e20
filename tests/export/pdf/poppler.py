"""Poppler's tools, which read a PDF and were not made by who writes it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

import skia  # type: ignore[import-not-found]  # skia-python has no stubs

IS_HERE: Final = shutil.which("pdftotext") is not None


def info(pdf: Path, *options: str) -> dict[str, str]:
    """What `pdfinfo` says, by name."""
    lines = (it.partition(":") for it in run("pdfinfo", *options, str(pdf)).splitlines())
    return {name.strip(): " ".join(said.split()) for name, _, said in lines}


def table(tool: str, pdf: Path) -> list[list[str]]:
    """The rows of `pdffonts` or `pdfimages -list`."""
    lines = run(*tool.split(), str(pdf)).splitlines()
    return [it.split() for it in lines[2:]]


def text(pdf: Path, *options: str) -> str:
    """What is copied out of it, its white space made one."""
    return " ".join(run("pdftotext", *options, str(pdf), "-").split())


def page(pdf: Path, number: int, dpi: int, *options: str) -> skia.Image:
    """A page as it is seen."""
    name = str(pdf.with_suffix(f".{number}"))
    limits = ("-f", str(number), "-l", str(number), "-r", str(dpi))
    run("pdftoppm", *limits, *options, "-png", "-singlefile", str(pdf), name)
    return skia.Image.open(f"{name}.png")


def run(*command: str) -> str:
    """Its output. A word of complaint fails the test."""
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr
    return done.stdout.decode(errors="replace")  # names of sections are told as UTF-16
