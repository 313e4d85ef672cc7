"""A browser's part of Streamlit's protocol, without the browser: fifty of them fit on two cores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

_SIDEBAR = 1  # first number of the place of what is in it: the chats of everybody on this machine
_PATIENCE_SECONDS = 120.0


@dataclass
class Tab:
    """One browser tab on the page that stands first.

    :param elements: what the page shows beside its sidebar, by its place, as of the last run.
    :param query: of the address, as the page set it.
    """

    connection: ClientConnection
    query: str = ""
    elements: dict[tuple[int, ...], Element] = field(default_factory=dict)

    @classmethod
    def open(cls, url: str, chat: str | None = None) -> Self:
        """Open the page at ``http://host:port`` and wait until it is drawn.

        :param chat: goes on with this one.
        :raises OSError: if the server refuses, or does not draw the page in time.
        """
        address = f"ws://{urlsplit(url).netloc}/_stcore/stream"
        tab = cls(
            connect(
                address,
                origin=url,  # pyright: ignore[reportArgumentType]  a plain string will do
                subprotocols=["streamlit"],  # pyright: ignore[reportArgumentType]
                max_size=None,
                open_timeout=_PATIENCE_SECONDS,
                ping_interval=None,  # a busy server is slow, not gone
            ),
            urlencode({"chat": chat}) if chat else "",
        )
        tab._run(BackMsg())
        return tab

    def ask(self, question: str) -> None:
        """Type a question and wait until the page is drawn with what came of it."""
        (box,) = (each.chat_input for each in self.elements.values() if each.HasField("chat_input"))
        message = BackMsg()
        state = message.rerun_script.widget_states.widgets.add()
        state.id = box.id
        state.chat_input_value.data = question
        self._run(message)

    def close(self) -> None:
        """Close the tab."""
        self.connection.close()

    def _run(self, message: BackMsg) -> None:
        message.rerun_script.query_string = self.query
        self.connection.send(message.SerializeToString())
        while not self._take(self._received()):
            pass

    def _received(self) -> ForwardMsg:
        found = ForwardMsg()
        data = self.connection.recv(timeout=_PATIENCE_SECONDS)
        found.ParseFromString(data if isinstance(data, bytes) else data.encode())
        return found

    def _take(self, message: ForwardMsg) -> bool:
        """Take over a message; say whether the run is over and no other follows."""
        kind = message.WhichOneof("type")
        place = tuple(message.metadata.delta_path)
        if kind == "new_session":
            self.elements = {}
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta" and place and place[0] != _SIDEBAR:
            if message.delta.WhichOneof("type") == "new_element":
                self.elements[place] = message.delta.new_element
        elif kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise OSError("the page does not compile")
            return message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        return False
