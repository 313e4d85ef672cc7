"""Settings: command line, then environment (``KB_…``), then ``.kb/config.toml``, then default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from kb.access.settings import LoginSettings
from kb.errors import ConfigError
from kb.notes.incoming import Limits

PREFIX = "KB_"
DATA_FOLDER = ".kb"
CONFIG_FILE = "config.toml"

_Text = Annotated[str, Field(min_length=1)]


class Settings(LoginSettings):
    """Everything that can be set; ``Settings.load`` makes it, with errors of our own."""

    model_config = SettingsConfigDict(
        frozen=True, env_prefix=PREFIX, env_ignore_empty=True, extra="forbid"
    )

    notes: Path = Field(Path("notes"), description="folder of the notes")
    encoder: _Text | None = Field(
        None, description="sentence-transformers model or folder; unset: the bundled encoder"
    )
    reader: _Text | None = Field(
        None, description="Hugging Face question-answering model or folder; unset: the bundled one"
    )
    threads: int = Field(0, ge=0, le=1024, description="threads for the models; 0: all cores")
    passage_tokens: int = Field(160, ge=16, le=480, description="most tokens in a passage")
    retrieve: int = Field(50, ge=1, le=1000, description="passages that are searched out")
    read: int = Field(6, ge=1, le=100, description="passages that the reader reads")
    threshold: float | None = Field(
        None, ge=0, le=1, description="least confidence of an answer; unset: as calibrated"
    )
    engine: Literal["auto", "flat", "lists"] = Field(
        "auto",
        description="search of vectors: flat compares all, lists the likely ones, auto by size",
    )
    store: _Text | None = Field(
        None,
        description="Milvus that holds the passages, http://HOST:19530 or a file NAME.db;"
        " unset: beside the notes",
    )
    store_token: str = Field("", repr=False, description="USER:PASSWORD or API key of Milvus")
    store_base: str = Field(
        "", max_length=100, description="name of this base in Milvus; unset: from host and folder"
    )
    store_writes: bool = Field(True, description="whether this base may write to Milvus")
    max_note_mb: float = Field(10, gt=0, le=1024, description="largest note, in MiB")
    max_upload_mb: float = Field(
        50, gt=0, le=4096, description="largest document or archive that is added, in MiB"
    )
    max_question_chars: int = Field(2000, ge=1, description="longest question, in characters")
    host: _Text = Field("127.0.0.1", description="address that the pages are served on")
    port: int = Field(8501, ge=0, le=65535, description="port of the pages; 0: any free one")
    api_port: int = Field(8502, ge=0, le=65535, description="port of the HTTP API; 0: any free one")
    mcp_port: int = Field(8503, ge=0, le=65535, description="port of the MCP server; 0: any free")
    requests_per_minute: int = Field(
        240, ge=0, le=1_000_000, description="requests a minute of one key; 0: no limit"
    )
    allowed_hosts: str = Field(
        "", description="names the API and the MCP server are called by, with commas between"
    )
    language: Literal["auto", "en", "zh"] = Field("auto", description="language of the pages")
    watch: bool = Field(True, description="whether pages index what other programs change")

    @property
    def data_folder(self) -> Path:
        """Where the index, the history and the settings of these notes are kept."""
        return self.notes / DATA_FOLDER

    @property
    def max_note_bytes(self) -> int:
        """The largest note, in bytes."""
        return int(self.max_note_mb * 1024 * 1024)

    @property
    def limits(self) -> Limits:
        """What is taken in as notes."""
        return Limits(self.max_note_bytes, int(self.max_upload_mb * 1024 * 1024))

    @field_validator("notes")
    @classmethod
    def _expand(cls, notes: Path) -> Path:
        return notes.expanduser()

    @model_validator(mode="after")
    def _check_read(self) -> Self:
        if self.read > self.retrieve:
            raise ValueError(
                f"read is {self.read}, more than the {self.retrieve} passages of retrieve"
            )
        return self

    @classmethod
    def load(cls, notes: Path | str | None = None, **overrides: object) -> Settings:
        """Gather the settings from where they are set.

        :param notes: the folder; else ``KB_NOTES``, else ``./notes``.
        :param overrides: what the command line gave; None counts as not given.
        :raises ConfigError: naming the setting, its value and where it was set.
        """
        given = {name: value for name, value in overrides.items() if value is not None}
        if notes is not None:
            given["notes"] = notes
        file = _config_file(given)
        try:
            return cls(**cast("Any", given))
        except ValidationError as error:
            raise ConfigError(_explain(error, given, file)) from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{file} is not valid TOML: {error}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{file} is not UTF-8 text") from error
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ConfigError(f"{file} cannot be read: {reason}") from error

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the sources in order; the file lies in the folder that the first two name."""
        file = _config_file(init_settings())
        return init_settings, env_settings, _File(settings_cls, file)


class _File(TomlConfigSettingsSource):
    """The settings file of a notes folder, which cannot name another folder."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        # A name that no setting has: reported with the others.
        return {("notes in a settings file" if k == "notes" else k): v for k, v in values.items()}


def _config_file(given: Mapping[str, object]) -> Path:
    folder = given.get("notes") or os.environ.get(f"{PREFIX}NOTES") or "notes"
    try:
        return Path(str(folder)).expanduser() / DATA_FOLDER / CONFIG_FILE
    except RuntimeError as error:
        raise ConfigError(f"notes = {_shown(str(folder))}: {error}") from error


def _explain(error: ValidationError, given: Mapping[str, object], file: Path) -> str:
    """Put the first thing that is wrong into one line."""
    first, *more = error.errors(include_url=False)
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    rest = f" (and {len(more)} more)" if more else ""
    if not first["loc"]:
        return message + rest
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        fields = sorted(
            Settings.model_fields, key=lambda field: field in LoginSettings.model_fields
        )
        known = ", ".join(field for field in fields if field != "notes")
        where = "command line" if name in given else str(file)
        return f"{where}: there is no setting {name}; there are {known}{rest}"
    shown = "…" if name.endswith("secret") else _shown(first["input"])
    return f"{_origin(name, given, file)} = {shown}: {message}{rest}"


def _origin(name: str, given: Mapping[str, object], file: Path) -> str:
    """Say where a setting got its value."""
    if name in given:
        return "--" + name.replace("_", "-")
    variables = {variable.upper(): variable for variable, value in os.environ.items() if value}
    variable = variables.get((PREFIX + name).upper())
    return variable or f"{file}: {name}"


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
