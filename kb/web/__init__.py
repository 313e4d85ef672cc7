"""What the HTTP API and the MCP server share: who is let in, how they run, how they fail."""
