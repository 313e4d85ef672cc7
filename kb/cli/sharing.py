"""The command that sets the passwords of shared pages."""

from __future__ import annotations

import sys

import click

from kb.access.person import ROLES, Role
from kb.cli.options import json_option, notes_option, print_json
from kb.errors import AccessError


@click.command()
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="editor",
    show_default=True,
    help="Whose password: an editor also writes notes and answers the inbox.",
)
@click.option("--remove", is_flag=True, help="Take the password of the role away.")
@notes_option
@json_option
def password(role: Role, remove: bool, notes: str | None, as_json: bool) -> None:
    r"""Set the password that the pages of a shared base ask for.

    Reads it without showing it, or a line of standard input. Only its scrypt hash is kept, in
    NOTES/.kb/passwords.json. Whoever logged in with the one before must log in again.

    \b
    kb password --role reader
    kb password --role editor < password.txt
    kb password --role reader --remove
    """
    from kb.access.passwords import Passwords
    from kb.config import Settings
    from kb.notes.vault import checked_root

    settings = Settings.load(notes)
    checked_root(settings.notes)
    passwords = Passwords(settings.data_folder)
    if remove:
        done = "removed" if passwords.remove(role) else "has none"
    else:
        passwords.set(role, _given())
        done = "set"
    roles = passwords.roles()
    if as_json:
        print_json({"role": role, "password": done, "roles": roles})
        return
    logs_in = " and ".join(f"{each}s" for each in roles)
    effect = f"{logs_in} log in with a password" if roles else "nobody has to log in"
    click.echo(f"password of the {role}: {done}; from the next `kb serve` on, {effect}")


def _given() -> str:
    """Read a password twice from a terminal, or once from elsewhere."""
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True)
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise AccessError("standard input holds no password: write it on the first line")
    return line
