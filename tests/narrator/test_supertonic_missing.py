"""Which Supertonic model is there, what is missing, and what mends it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnxruntime  # type: ignore[import-untyped]  # it has no type information
import pytest

from storybook.engines import EngineUnavailable, Readiness
from storybook.stages.extras import install_extra
from storybook.stages.narrator.supertonic import model as loaded
from storybook.stages.narrator.supertonic.engine import Supertonic
from storybook.stages.narrator.supertonic.folder import FILES, find_model
from tests.narrator.sounds import SENTENCE, read, task
from tests.narrator.tiny_supertonic import make_model

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Model 3."""
    return make_model(tmp_path_factory.mktemp("models") / "supertonic-3")


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """A copy of the model, to break."""
    return shutil.copytree(folder, tmp_path / "model")


@pytest.fixture
def narrator(folder: Path) -> Supertonic:
    return Supertonic(folder.parent, folder)


def test_a_model_of_an_unknown_version_is_taken_for_the_newest(copy: Path) -> None:
    """A later model is more like the last one than like the first."""
    for version in ("v2.0.1", "", "nightly"):
        (copy / "onnx/tts.json").write_text(f'{{"tts_version": "{version}"}}')
        assert Supertonic(copy, copy).info.model == "supertonic-3"


def test_building_it_imports_nothing_heavy() -> None:
    """Looking which engine is ready must not load the runtime."""
    program = (
        "import sys, pathlib, anyio; "
        "from storybook.stages.narrator.supertonic.engine import Supertonic;"
        "it = Supertonic(pathlib.Path('nowhere')); it.info; anyio.run(it.readiness);"
        "sys.exit(bool({'numpy', 'soundfile', 'onnxruntime', 'supertonic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_model_is_looked_for_where_users_put_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that is configured and no other; else one here, else one in the data folder."""
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    assert find_model(data, None) is None
    (data / "models/supertonic-2").mkdir(parents=True)
    assert find_model(data, None) == data / "models/supertonic-2"
    (data / "models/supertonic").mkdir(parents=True)
    assert find_model(data, None) == data / "models/supertonic"
    (tmp_path / "supertonic").mkdir()
    assert find_model(data, None) == Path("supertonic")
    assert find_model(data, folder) == folder
    assert find_model(data, tmp_path / "elsewhere") is None


async def test_a_model_that_comes_later_is_found(folder: Path, tmp_path: Path) -> None:
    """Nobody has to restart the server after getting the model."""
    narrator = Supertonic(tmp_path, tmp_path / "model")
    assert not (await narrator.readiness()).ready
    assert narrator.info.model == ""
    shutil.copytree(folder, tmp_path / "model")
    assert await narrator.readiness() == Readiness(True)
    assert narrator.info.model == "supertonic-3"


async def assert_missing(narrator: Supertonic, why: str, mend: str) -> None:
    """It is not ready, says why and how to mend it, and a narration fails with the same words."""
    readiness = await narrator.readiness()
    assert not readiness.ready
    assert why in readiness.why
    assert mend in readiness.mend
    with pytest.raises(EngineUnavailable) as failure:
        await read(narrator, task(SENTENCE))
    assert (failure.value.why, failure.value.mend) == (readiness.why, readiness.mend)


@pytest.mark.parametrize("package", ["supertonic", "onnxruntime"])
async def test_a_missing_package_is_said_with_its_mend(
    narrator: Supertonic, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    """The command names the extra that brings it."""
    monkeypatch.setitem(sys.modules, package, None)
    await assert_missing(narrator, package, install_extra("supertonic"))


async def test_a_missing_model_is_said_with_its_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command, and the folder to put it by hand."""
    monkeypatch.chdir(tmp_path)
    place = str(tmp_path / "models" / "supertonic")
    await assert_missing(Supertonic(tmp_path), place, "storybook models pull supertonic-3")
    await assert_missing(Supertonic(tmp_path), "no model", place)
    await assert_missing(Supertonic(tmp_path, tmp_path / "mine"), "mine", str(tmp_path / "mine"))


@pytest.mark.parametrize("file", FILES)
async def test_a_file_that_is_missing_is_named(copy: Path, file: str) -> None:
    """Each one is needed."""
    (copy / file).unlink()
    await assert_missing(Supertonic(copy, copy), f"lacks {file}", "models pull")


async def test_a_file_of_which_nothing_came_is_missing(copy: Path) -> None:
    """A download that broke off at once leaves an empty file."""
    (copy / "onnx/vocoder.onnx").write_bytes(b"")
    await assert_missing(Supertonic(copy, copy), "lacks onnx/vocoder.onnx", "models pull")


async def test_a_clone_without_its_content_is_seen(copy: Path) -> None:
    """Git without LFS leaves pointers in the place of the networks."""
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    (copy / "onnx/vocoder.onnx").write_bytes(pointer)
    await assert_missing(Supertonic(copy, copy), "Git LFS pointer", "git lfs pull")


async def test_the_model_that_reads_english_only_is_refused(tmp_path: Path) -> None:
    """It would make noise of Korean."""
    folder = make_model(tmp_path / "model", "supertonic")
    await assert_missing(Supertonic(tmp_path, folder), "English only", "supertonic-3")


async def test_a_configuration_that_cannot_be_read_is_said(copy: Path) -> None:
    """A page of HTML saved as JSON, for example."""
    (copy / "onnx/tts.json").write_text("<html>")
    await assert_missing(Supertonic(copy, copy), "cannot be read", "models pull")


async def test_a_network_that_cannot_be_loaded_is_said(copy: Path) -> None:
    """Half a download looks whole until it is loaded."""
    (copy / "onnx/vocoder.onnx").write_bytes(b"half of a network")
    narrator = Supertonic(copy, copy)
    assert (await narrator.readiness()).ready
    with pytest.raises(EngineUnavailable, match="cannot be loaded") as failure:
        await read(narrator, task(SENTENCE))
    assert "again" in failure.value.mend


async def test_an_unknown_device_is_said(folder: Path) -> None:
    """The setting that mends it is named."""
    await assert_missing(Supertonic(folder, folder, device="tpu"), "tpu", "[narrator] device")


async def test_a_gpu_that_onnxruntime_cannot_use_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processor is not taken in its place in silence."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [loaded.CPU])
    narrator = Supertonic(folder, folder, device="gpu0")
    assert narrator.info.device == "gpu0"
    await assert_missing(narrator, "processor only", "onnxruntime-gpu")


async def test_a_gpu_is_asked_for_by_its_number(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every network goes there; if its libraries do not load, that is said and nothing is spoken.

    Here they do not: onnxruntime falls back on the processor, as it does on such a machine.
    """
    asked: list[Any] = []
    session = onnxruntime.InferenceSession

    def ask(file: Path, options: Any, providers: list[Any]) -> Any:
        asked.append(providers)
        return session(file, options, providers=[loaded.CPU])

    monkeypatch.setattr(
        onnxruntime,
        "get_available_providers",
        lambda: ["CUDAExecutionProvider", loaded.CPU],
    )
    monkeypatch.setattr(onnxruntime, "InferenceSession", ask)
    with pytest.raises(EngineUnavailable, match="GPU 1: CUDAExecutionProvider does not start"):
        await read(Supertonic(folder, folder, device="gpu1"), task(SENTENCE))
    assert asked == [[("CUDAExecutionProvider", {"device_id": "1"}), loaded.CPU]]
