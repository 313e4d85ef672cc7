"""Commands for the keys of programs: key add, list and remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kb.access.person import ROLES, Role
from kb.cli.options import json_option, notes_option, print_json

if TYPE_CHECKING:
    from kb.access.keys import KeyStore


@click.group()
def key() -> None:
    r"""Make and remove the keys that programs call the HTTP API and the MCP server with.

    \b
    kb key add reports --role reader
    kb key list
    kb key remove reports
    """


@key.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="reader",
    show_default=True,
    help="What the key is good for.",
)
@notes_option
@json_option
def add(name: str, role: Role, notes: str | None, as_json: bool) -> None:
    """Make the key NAME and print its secret, which is not kept and not shown again.

    A reader asks, searches, reads and gives feedback; an editor writes notes too.
    """
    secret = _store(notes).add(name, role)
    if as_json:
        print_json({"name": name, "role": role, "key": secret})
    else:
        click.echo(secret)


@key.command("list")
@notes_option
@json_option
def list_keys(notes: str | None, as_json: bool) -> None:
    """List the keys, without their secrets."""
    found = _store(notes).all()
    if as_json:
        print_json([{"name": each.name, "role": each.role, "added": each.added} for each in found])
    else:
        lines = [f"{each.name:<20} {each.role:<8} {each.added}" for each in found]
        click.echo("\n".join(lines) or "there are no keys")


@key.command()
@click.argument("name")
@notes_option
@json_option
def remove(name: str, notes: str | None, as_json: bool) -> None:
    """Remove the key NAME; servers refuse it from then on."""
    _store(notes).remove(name)
    if as_json:
        print_json({"removed": name})
    else:
        click.echo(f"removed {name}")


def _store(notes: str | None) -> KeyStore:
    from kb.access.keys import KeyStore
    from kb.config import Settings
    from kb.notes.vault import checked_root

    settings = Settings.load(notes)
    checked_root(settings.notes)
    return KeyStore(settings.data_folder)
