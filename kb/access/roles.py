"""What a person or program may do."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["reader", "editor"]
# Each may do what those before it may.
ROLES: tuple[Role, ...] = get_args(Role)


def includes(role: Role, needed: Role) -> bool:
    """Say whether a role may do what ``needed`` may."""
    return ROLES.index(role) >= ROLES.index(needed)
