"""The MCP server: opens `KnowledgeBase` to programs of language models; needs the extra ``mcp``."""
