"""Settings of who is let in to the pages, and as what."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode

_Names = Annotated[tuple[str, ...], NoDecode]
_Text = Annotated[str, Field(min_length=1)]


class LoginSettings(BaseSettings):
    """The part of the settings that is about logging in."""

    public_url: _Text | None = Field(
        None, description="address under which people open the pages, as a proxy shows it"
    )
    login_days: int = Field(30, ge=1, le=365, description="days until one must log in again")
    oidc_metadata_url: _Text | None = Field(
        None, description="an OpenID Connect provider's .well-known/openid-configuration"
    )
    oidc_client_id: _Text | None = Field(None, description="what the provider calls these pages")
    oidc_client_secret: SecretStr | None = Field(None, description="what it knows them by")
    oidc_scope: _Text = Field("openid email profile", description="what the provider is asked for")
    oidc_claim: _Text = Field("email", description="claim that editors and readers are known by")
    editors: _Names = Field((), description="values of that claim that may write")
    readers: _Names = Field((), description="values that may read; * for whoever can log in")

    @property
    def has_oidc(self) -> bool:
        """Whether people log in with an OpenID Connect provider."""
        return self.oidc_metadata_url is not None

    @field_validator("editors", "readers", mode="before")
    @classmethod
    def _split(cls, names: object) -> object:
        """Take a list, or what stands between commas, as in an environment variable."""
        given = names.split(",") if isinstance(names, str) else names
        if not isinstance(given, (list, tuple)):
            raise ValueError("must be a list of names")
        return tuple(each.strip() for each in map(str, given) if each.strip())

    @field_validator("public_url")
    @classmethod
    def _check_address(cls, address: str | None) -> str | None:
        if address is None:
            return None
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ValueError("must be like https://notes.example.org, without a path")
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @model_validator(mode="after")
    def _check_oidc(self) -> Self:
        needed = {
            "oidc_metadata_url": self.oidc_metadata_url,
            "oidc_client_id": self.oidc_client_id,
            "oidc_client_secret": self.oidc_client_secret,
        }
        missing = [name for name, value in needed.items() if value is None]
        if 0 < len(missing) < len(needed):
            raise ValueError(f"{missing[0]} is missing: OpenID Connect needs {', '.join(needed)}")
        if self.has_oidc and not (self.editors or self.readers):
            raise ValueError(
                'nobody is let in: name editors or readers, or set readers = ["*"] for whoever'
                " the provider of oidc_metadata_url lets log in"
            )
        return self
