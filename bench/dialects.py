"""What a subscriber and a publisher say on a WebSocket, for each server but AppSync's protocol.

`raw` is `bench.servers.raw`; `mosquitto` speaks MQTT 3.1.1, `socket.io` Engine.IO 4.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from bench.websocket import Client, Receipts, upgrade_request

Frame = str | bytes


@dataclass(frozen=True)
class Dialect:
    """`hello` opens a connection and `subscribe` subscribes to a channel; `answered` is whether a
    frame answers one of them. `publish` makes the frame of a text for a channel, and `acknowledged`
    is whether a frame says that the server has taken it.
    """

    path: str
    subprotocol: str | None
    hello: tuple[Frame, ...]
    subscribe: Callable[[str], Frame]
    answered: Callable[[bytes], bool]
    publish: Callable[[str, str], Frame]
    acknowledged: Callable[[bytes], bool]

    def subscriber(self, receipts: Receipts, port: int, channel: str) -> Client:
        """A connection that has subscribed once it is ready."""
        return self._client(receipts, port, [*self.hello, self.subscribe(channel)])

    def publisher(self, receipts: Receipts, port: int) -> Client:
        """A connection that has subscribed to nothing."""
        return self._client(receipts, port, list(self.hello))

    def _client(self, receipts: Receipts, port: int, greetings: list[Frame]) -> Client:
        request = upgrade_request(port, self.path, self.subprotocol)
        return Client(receipts, request, greetings, self.answered)


def _mqtt(kind: int, body: bytes) -> bytes:
    """A packet: its first byte, its length in groups of seven bits, its body."""
    size, length = len(body), bytearray()
    while True:
        size, group = divmod(size, 128)
        length.append(group | (128 if size else 0))
        if not size:
            return bytes((kind,)) + bytes(length) + body


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2) + text.encode()


_CLEAN_SESSION = b"\x02"
_NO_KEEP_ALIVE = b"\0\0"
_PACKET_ID = b"\0\1"
_CONNACK, _SUBACK, _PUBACK = b"\x20", b"\x90", b"\x40"
_AT_LEAST_ONCE = 0x32  # PUBLISH with QoS 1: the broker says when it has taken it

DIALECTS = {
    "raw": Dialect(
        "/",
        None,
        (),
        lambda _: "S",
        lambda frame: frame == b"OK",
        lambda _, text: f"P{text}",
        lambda frame: frame == b"A",
    ),
    "mosquitto": Dialect(
        "/mqtt",
        "mqtt",
        (_mqtt(0x10, _text("MQTT") + b"\x04" + _CLEAN_SESSION + _NO_KEEP_ALIVE + _text("")),),
        lambda channel: _mqtt(0x82, _PACKET_ID + _text(channel) + b"\0"),
        lambda frame: frame[:1] in (_CONNACK, _SUBACK),
        lambda channel, text: _mqtt(_AT_LEAST_ONCE, _text(channel) + _PACKET_ID + text.encode()),
        lambda frame: frame[:1] == _PUBACK,
    ),
    "socket.io": Dialect(
        "/socket.io/?EIO=4&transport=websocket",
        None,
        ("40",),
        lambda channel: f"420{json.dumps(['subscribe', channel])}",
        lambda frame: frame[:2] in (b"40", b"43"),
        lambda channel, text: f"421{json.dumps(['publish', channel, text])}",
        lambda frame: frame[:2] == b"43",
    ),
}
