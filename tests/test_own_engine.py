"""An engine of another package: found by its entry point, told by its own table, held to its role.

It is built and laid out as an installer does, into a folder that is put on the path.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import cast
from zipfile import ZipFile

import pytest

from storybook.book import Role
from storybook.configuration import load_settings
from storybook.engines import Illustrator
from storybook.settings import SettingsError
from storybook.stages.registry import choose_engines, engine_names, find_engine
from tests.illustrator.conformance import TASK, IllustratorConformance, paint
from tests.test_dist import build
from tests.test_house import ROOT

WORDS = ("--era", "조선시대", "--place", "숲속", "--characters", "토끼와 곰", "--topic", "우정")
ROW = 1 + 3 * 1024
"""Bytes of a row of the picture, with its filter."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the package and what is said of it."""
    folder = tmp_path_factory.mktemp("stripes")
    build(ROOT / "examples" / "engine", folder)
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as files:
        files.extractall(folder / "site-packages")
    return folder / "site-packages"


@pytest.fixture
def on_the_path(installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The package as this process sees it once it is installed, and nobody's settings file."""
    monkeypatch.syspath_prepend(installed)
    monkeypatch.delitem(sys.modules, "storybook_stripes", raising=False)
    monkeypatch.chdir(tmp_path)


def settings_file(folder: Path, text: str) -> Path:
    file = folder / "my.toml"
    file.write_text(f'[illustrator]\nengine = "stripes"\n[illustrator.stripes]\n{text}\n')
    return file


@pytest.mark.anyio
@pytest.mark.usefixtures("on_the_path")
class TestStripes(IllustratorConformance):
    """It keeps what every illustrator keeps."""

    @pytest.fixture
    def illustrator(self, on_the_path: None, tmp_path: Path) -> Illustrator:
        spec = find_engine(Role.ILLUSTRATOR, "stripes")
        return cast("Illustrator", spec.build(spec.settings(), tmp_path))


@pytest.mark.usefixtures("on_the_path")
def test_it_stands_with_the_others() -> None:
    """After the embedded ones, and in its role alone."""
    assert engine_names(Role.ILLUSTRATOR) == ["comfyui", "painter", "stripes"]
    assert "stripes" not in engine_names(Role.NARRATOR)


@pytest.mark.usefixtures("on_the_path")
def test_it_is_imported_only_if_it_is_asked_for() -> None:
    """A package that is broken disturbs nobody who does not use it."""
    load_settings({"STORYBOOK_ILLUSTRATOR_DEVICE": "gpu0"})
    assert "storybook_stripes" not in sys.modules


@pytest.mark.anyio
@pytest.mark.usefixtures("on_the_path")
async def test_it_is_told_what_stands_in_its_table(tmp_path: Path) -> None:
    """In the file, and by variable over it."""
    file = settings_file(tmp_path, 'colours = ["#102030"]\nwidth = 7')
    settings = load_settings({"STORYBOOK_ILLUSTRATOR_STRIPES_WIDTH": "9"}, file)
    spec = find_engine(Role.ILLUSTRATOR, "stripes")
    assert spec.settings_in(settings) == spec.settings(colours=("#102030",), width=9)
    engines = await choose_engines(settings, tmp_path)
    assert engines.illustrator.best.info.name == "stripes"
    one_colour = await paint(engines.illustrator.best, TASK)
    assert len(one_colour.png) < 20 * ROW, "stripes of one colour are one colour"


@pytest.mark.anyio
@pytest.mark.usefixtures("on_the_path")
async def test_its_table_asks_for_it_under_auto_too(tmp_path: Path) -> None:
    """It then goes before those of this package; an empty table asks for nobody."""
    file = tmp_path / "my.toml"
    asked = {"stripes": ("`width` in [illustrator.stripes]",)}
    for text, asked_by in (("width = 7", asked), ("", {})):
        file.write_text(f"[illustrator.stripes]\n{text}\n")
        settings = load_settings({"STORYBOOK_ILLUSTRATOR_ENGINE": "auto"}, file)
        assert settings.illustrator.asked_by == asked_by
        engines = await choose_engines(settings, tmp_path)
        assert (engines.illustrator.best.info.name == "stripes") == bool(asked_by)
        await engines.close()


@pytest.mark.usefixtures("on_the_path")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colors = []", r"unknown key colors in \[illustrator.stripes\]; did you mean colours\?"),
        ("width = 0", r"\[illustrator.stripes\] width is to be a whole number from 1, found 0"),
        ("workflow = 'a'", r"unknown key workflow in \[illustrator.stripes\]"),
    ],
)
def test_a_wrong_key_of_its_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """As in the embedded engines' tables."""
    with pytest.raises(SettingsError, match=message):
        load_settings({}, settings_file(tmp_path, text))


@pytest.mark.usefixtures("on_the_path")
@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("STRIPES_WIDHT", r"unknown key widht in \[illustrator.stripes\]; did you mean width"),
        ("STRIPES_WIDTH", r"STORYBOOK_ILLUSTRATOR_STRIPES_WIDTH is to be .* from 1, found 'x'"),
    ],
)
def test_a_wrong_variable_of_its_table_is_refused(variable: str, message: str) -> None:
    """As those of the embedded engines."""
    with pytest.raises(SettingsError, match=message):
        load_settings({f"STORYBOOK_ILLUSTRATOR_{variable}": "x"})


@pytest.mark.slow
def test_it_paints_a_book(installed: Path, tmp_path: Path) -> None:
    """The program finds it, and the log names it."""
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)]),
        "STORYBOOK_DATA": str(tmp_path / "data"),
        "STORYBOOK_CONFIG": str(settings_file(tmp_path, "width = 16")),
        "STORYBOOK_WRITER_ENGINE": "composer",
    }

    def storybook(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "storybook", *arguments],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    storybook("make", *WORDS, "--no-audio")
    assert "stripes 1.0" in storybook("log", "latest")
    assert len(list((tmp_path / "data" / "outputs").glob("*/*.png"))) == 5
