"""`Person`: who uses a page, and whether they may change the notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["editor", "reader"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was let in.

    :param owner: what their chats are kept under; "" where nobody has to log in.
    :param name: what they are called on the page; "" where that is not known.
    """

    role: Role
    owner: str = ""
    name: str = ""

    @property
    def may_write(self) -> bool:
        """Whether they may change notes, the index and the inbox."""
        return self.role == "editor"


# Whoever uses a base on their own machine, without a login.
LOCAL = Person("editor")
