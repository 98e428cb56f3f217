"""WebSocket text frames as a server writes them (RFC 6455, section 5.2): one frame, unmasked."""

import struct

_TEXT_FINAL = 0x81
_pack_short = struct.Struct("!BBH").pack
_pack_long = struct.Struct("!BBQ").pack


def text_header(length: int) -> bytes:
    """The header of a final text frame of `length` payload bytes."""
    if length < 126:
        return bytes((_TEXT_FINAL, length))
    if length < 65_536:
        return _pack_short(_TEXT_FINAL, 126, length)
    return _pack_long(_TEXT_FINAL, 127, length)


def text_frame(payload: bytes) -> bytes:
    """A whole text frame."""
    return text_header(len(payload)) + payload
