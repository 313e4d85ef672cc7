"""Says which extra is missing before something of it is imported."""

from __future__ import annotations

from importlib.util import find_spec

from kb.errors import ExtraMissing

_MODULES = {
    "api": ("fastapi", "uvicorn", "prometheus_client"),
    "mcp": ("mcp", "uvicorn"),
    "milvus": ("pymilvus",),
    "ray": ("ray", "pyarrow"),
}
_NEEDED_BY = {
    "api": "the HTTP API",
    "mcp": "the MCP server",
    "milvus": "a base in Milvus (KB_STORE)",
    "ray": "indexing with Ray (--ray)",
}


def require(extra: str) -> None:
    """Go on if the packages of an extra are installed.

    :raises ExtraMissing: naming the first package that is not, and the extra.
    """
    for module in _MODULES[extra]:
        if find_spec(module) is None:
            raise ExtraMissing(
                f"{_NEEDED_BY[extra]} needs {module}: pip install 'notes-kb[{extra}]'"
                f" (in a checkout: pip install '.[{extra}]')"
            )
