"""Puts the MCP server together: its tools, and the notes as resources."""

from __future__ import annotations

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import Resource, ToolAnnotations
from starlette.types import ASGIApp

from kb.errors import CatalogMissing
from kb.knowledge import KnowledgeBase
from kb.mcp.telling import uri_of
from kb.mcp.tools import Tools
from kb.web.background import Background
from kb.web.door import Door, House
from kb.web.package import running_version
from kb.web.problems import told

PATH = "/mcp"
_INSTRUCTIONS = (
    "The notes of whoever you work for. Ask them before you answer from memory; answers are exact"
    " quotations with their place in a note, or say that the notes do not answer."
)
_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_ADDS = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)


class NotesServer(MCPServer[Any]):
    """An MCP server whose resources are the notes that are indexed now."""

    def __init__(self, base: KnowledgeBase, work: Background, *, write: bool) -> None:
        """Take a base; with ``write`` notes can be added to it."""
        super().__init__(
            "notes-kb",
            title="Notes",
            instructions=_INSTRUCTIONS,
            version=running_version(),
            log_level="CRITICAL",
        )
        self._base = base
        tools = Tools(base, work)
        for tool in (tools.ask, tools.search, tools.read_note):
            self.add_tool(tool, annotations=_READS)
        if write:
            self.add_tool(tools.add_note, annotations=_ADDS)
        self.resource("note:///{+path}", name="note", mime_type="text/markdown")(self.read)

    def read(self, path: str) -> str:
        """Read a note as it stands on disk."""
        try:
            return self._base.read_note(path).source
        except Exception as error:
            raise ResourceNotFoundError(told(error).detail) from error

    async def list_resources(self) -> list[Resource]:
        """List the indexed notes."""
        try:
            notes = self._base.notes()
        except CatalogMissing:
            notes = []
        return [
            Resource(
                uri=uri_of(note.path),
                name=note.path,
                title=note.title,
                mime_type="text/markdown",
                size=note.size,
            )
            for note in notes
        ]

    def over_http(self, house: House) -> ASGIApp:
        """Return the app that serves ``/mcp`` to whom the door lets in."""
        app = self.streamable_http_app(
            streamable_http_path=PATH,
            # Each call stands by itself: its key is looked at every time, and nothing is kept.
            stateless_http=True,
            max_request_body_size=house.most_bytes(PATH),
            # The door has looked at the names already.
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        return Door(app, house)
