"""The commands that serve: the pages and the HTTP API."""

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
@click.option("--port", type=int, help="Port to listen on (default: 8501; of the API: 8502).")
@click.option("--api", is_flag=True, help="Serve the HTTP API instead of the page.")
@click.option("--browser/--no-browser", default=False, help="Open the page in a browser.")
@notes_option
def serve(host: str | None, port: int | None, api: bool, browser: bool, notes: str | None) -> None:
    r"""Index what changed, then serve the chat page, or the HTTP API, on this machine.

    Another --host than this machine's own asks for a login, see `kb password` and docs/sharing.md.

    \b
    kb serve
    kb serve --notes ~/notes --port 8600
    kb serve --api
    """
    if api:
        _serve_api(host, port, notes)
        return
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


def _serve_api(host: str | None, port: int | None, notes: str | None) -> None:
    from kb.web.extras import require

    require("api")
    from kb.api.app import create_app
    from kb.api.state import OPEN_PATHS
    from kb.web.running import house_of, run

    with open_base(notes, host=host, api_port=port) as base:
        house = house_of(base.settings, open_paths=OPEN_PATHS)
        click.echo(printing.report(index_shown(base)), err=True)
        app = create_app(base, house)
        run(app, base.settings.host, base.settings.api_port, lambda url: _announce("HTTP API", url))


def _announce(name: str, url: str) -> None:
    click.echo(f"{name}: {url}", err=True)


@click.command()
@click.option("--http", is_flag=True, help="Serve HTTP on this machine instead of standard input.")
@click.option("--write", is_flag=True, help="Let notes be added.")
@click.option("--host", help="Address to listen on, with --http (default: 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on, with --http (default: 8503).")
@notes_option
def mcp(http: bool, write: bool, host: str | None, port: int | None, notes: str | None) -> None:
    r"""Let a language model's program ask the notes: an MCP server.

    Such a program starts it and talks to it over standard input and output, or calls it over HTTP
    with a key of `kb key`. What changed in the notes is indexed meanwhile.

    \b
    kb mcp --notes ~/notes
    kb mcp --http --write
    """
    from kb.web.extras import require

    require("mcp")
    from kb.mcp.server import NotesServer
    from kb.web.background import Background
    from kb.web.running import house_of, run

    with open_base(notes, host=host, mcp_port=port) as base, Background(base) as work:
        work.index()
        server = NotesServer(base, work, write=write)
        if not http:
            server.run("stdio")
            return
        app = server.over_http(house_of(base.settings))
        settings = base.settings
        run(app, settings.host, settings.mcp_port, lambda url: _announce("MCP", f"{url}/mcp"))
