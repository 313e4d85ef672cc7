"""The command that serves the pages."""

from __future__ import annotations

import click

from kb.cli import printing
from kb.cli.options import index_shown, notes_option, open_base

UNENCRYPTED = (
    "warning: whoever can listen in on the network sees notes and passwords: put a proxy with TLS"
    " in front and set public_url to its https address (docs/sharing.md)"
)


@click.command()
@click.option("--host", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default: 8501).")
@click.option("--browser/--no-browser", default=False, help="Open the page in a browser.")
@notes_option
def serve(host: str | None, port: int | None, browser: bool, notes: str | None) -> None:
    r"""Index what changed, then serve the chat page on this machine.

    Another --host than this machine's own asks for a login, see `kb password` and docs/sharing.md.

    \b
    kb serve
    kb serve --notes ~/notes --port 8600
    """
    from kb.access.login import checked_login, unencrypted
    from kb.config import Settings
    from kb.pages import launch

    settings = Settings.load(notes, host=host, port=port)
    checked_login(settings)
    if unencrypted(settings):
        click.echo(UNENCRYPTED, err=True)
    with open_base(notes) as base:
        click.echo(printing.report(index_shown(base)), err=True)
    raise SystemExit(launch.run(settings, open_browser=browser))
