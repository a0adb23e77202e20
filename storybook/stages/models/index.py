"""The index of known models: `index.toml` as values."""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from storybook.book import Role
from storybook.stages.addresses import shown_url

HUB: Final = "https://huggingface.co"
"""Where the repositories are; `HF_ENDPOINT` names a mirror, as it does for the hub's own tools."""


class UnknownModel(Exception):
    """No model of the index has this name; the message has the nearest ones."""


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a model. `size` is in bytes; 0 and "" mean: not known."""

    path: str
    size: int = 0
    sha256: str = ""


class PackagedFile(ModelFile, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file of a model as packages of Python carry it: in `parts`, one after the other, each a
    package (`name==version`) and the path in it, with a colon between."""

    parts: tuple[str, ...]


class KnownModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model. Its files go into `folder` under the models folder, or right there if that is empty.
    `setting` is what must be set before its engine takes it, empty if it is found by itself.
    `address` is where its files are if they are not on the hub. `packaged` are the files by which
    it is whole as well, if packages of Python carry it."""

    name: str
    engine: str
    about: str
    folder: str
    repository: str
    revision: str
    license: str
    setting: str
    files: tuple[ModelFile, ...]
    address: str = ""
    packaged: tuple[PackagedFile, ...] = ()

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that carry it (`name==version`), each once."""
        named = (part.partition(":")[0] for it in self.packaged for part in it.parts)
        return tuple(dict.fromkeys(named))

    def place(self, models: Path) -> Path:
        """The folder, or the one file where there is no folder."""
        return models / self.folder if self.folder else models / self.files[0].path

    def path(self, models: Path, file: ModelFile) -> Path:
        return models / self.folder / file.path

    def url(self, hub: str, file: ModelFile) -> str:
        if self.address:
            return f"{self.address}/{file.path}"
        return f"{hub.rstrip('/')}/{self.repository}/resolve/{self.revision}/{file.path}"

    def page(self, hub: str) -> str:
        """Where a person reads about it."""
        return self.address or f"{hub.rstrip('/')}/{self.repository}"

    def manual(self, hub: str, models: Path) -> str:
        """How to get it by hand."""
        if len(self.files) == 1:
            file = shown_url(self.url(hub, self.files[0]))
            return f"download {file} and put it at {self.place(models)}"
        page = f"{shown_url(hub)}/{self.repository}/tree/{self.revision}"
        names = ", ".join(it.path for it in self.files)
        what = f"{names} from {self.address}" if self.address else f"the files of {page}"
        return f"download {what} and put them into {self.place(models)}"

    def how_to_use(self, models: Path) -> str:
        """The setting that its engine needs, with the folder put in."""
        return self.setting.replace("{folder}", self.place(models).as_posix())


class EngineNeeds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an engine needs beside a model: the package that `module` is imported from."""

    role: Role
    module: str
    needs: str

    @property
    def is_installed(self) -> bool:
        return importlib.util.find_spec(self.module) is not None


class ModelIndex(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    engines: dict[str, EngineNeeds]
    models: tuple[KnownModel, ...]

    def find(self, name: str) -> KnownModel:
        """A model by its name, in any case. Raises `UnknownModel`."""
        found = next((it for it in self.models if it.name.lower() == name.lower()), None)
        if found is None:
            raise UnknownModel(f"no model is called {name!r}{_nearest(name, self.models)}")
        return found


@cache
def load_index() -> ModelIndex:
    text = files(__package__).joinpath("index.toml").read_bytes()
    return msgspec.toml.decode(text, type=ModelIndex)


def _nearest(name: str, models: Iterable[KnownModel]) -> str:
    known = {it.name.lower(): it.name for it in models}
    near = difflib.get_close_matches(name.lower(), known, 1, 0.5)
    return (
        f"; did you mean {known[near[0]]}?" if near else f"; known are {', '.join(known.values())}"
    )
