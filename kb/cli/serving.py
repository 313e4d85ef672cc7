"""The commands that serve: the pages and the HTTP API."""

from __future__ import annotations

import click

from kb.cli import printing
from kb.cli.options import index_shown, notes_option, open_base


@click.command()
@click.option("--host", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default: 8501; of the API: 8502).")
@click.option("--api", is_flag=True, help="Serve the HTTP API instead of the page.")
@click.option("--browser/--no-browser", default=False, help="Open the page in a browser.")
@notes_option
def serve(host: str | None, port: int | None, api: bool, browser: bool, notes: str | None) -> None:
    r"""Index what changed, then serve the chat page, or the HTTP API, on this machine.

    \b
    kb serve
    kb serve --notes ~/notes --port 8600
    kb serve --api
    """
    if api:
        _serve_api(host, port, notes)
        return
    from kb.config import Settings
    from kb.pages import launch

    with open_base(notes) as base:
        click.echo(printing.report(index_shown(base)), err=True)
    settings = Settings.load(notes, host=host, port=port)
    raise SystemExit(launch.run(settings, open_browser=browser))


def _serve_api(host: str | None, port: int | None, notes: str | None) -> None:
    from kb.web.extras import require

    require("api")
    from kb.api.app import create_app
    from kb.api.state import OPEN_PATHS
    from kb.web.running import house_of, run

    with open_base(notes, host=host, api_port=port) as base:
        # Whoever is on this machine may edit the notes, as with the page.
        house = house_of(base.settings, keyless="editor", open_paths=OPEN_PATHS)
        click.echo(printing.report(index_shown(base)), err=True)
        app = create_app(base, house)
        run(app, base.settings.host, base.settings.api_port, lambda url: _announce("HTTP API", url))


def _announce(name: str, url: str) -> None:
    click.echo(f"{name}: {url}", err=True)
