"""What the load generator says to servers of others, and the report without them."""

import shutil

import pytest

from bench import self_hosted
from bench.dialects import DIALECTS
from bench.report.load import self_hosted as section


def test_mqtt_packets_are_as_the_standard_has_them() -> None:
    """MQTT 3.1.1, chapter 3."""
    mqtt = DIALECTS["mosquitto"]
    (connect,) = mqtt.hello
    assert connect == b"\x10\x0c\0\x04MQTT\x04\x02\0\0\0\0"
    assert mqtt.subscribe("tech") == b"\x82\x09\0\x01\0\x04tech\0"
    assert mqtt.publish("a", "b") == b"\x32\x06\0\x01a\0\x01b"
    assert mqtt.acknowledged(b"\x40\x02\0\x01")
    assert not mqtt.answered(mqtt.publish("a", "b"))


@pytest.mark.parametrize(
    ("size", "length"), [(120, b"\x7d"), (123, b"\x80\x01"), (16_379, b"\x80\x80\x01")]
)
def test_mqtt_lengths_are_groups_of_seven_bits(size: int, length: bytes) -> None:
    packet = DIALECTS["mosquitto"].publish("a", "x" * size)
    assert isinstance(packet, bytes)
    assert packet[1 : 1 + len(length)] == length
    assert packet[1 + len(length) :] == b"\0\x01a\0\x01" + b"x" * size


def test_a_message_is_no_answer() -> None:
    text = b"t0:5;x"
    assert not DIALECTS["socket.io"].answered(b'42["message","' + text + b'"]')
    assert not DIALECTS["socket.io"].acknowledged(b'42["message","' + text + b'"]')
    assert DIALECTS["socket.io"].acknowledged(b"431[]")
    assert not DIALECTS["raw"].acknowledged(text)


def test_what_is_not_here_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert self_hosted.missing()["mosquitto"] == "`apt-get install mosquitto`"
    text = section({"subscribers": 1, "servers": {}, "missing": {}, "ratios": {}})
    assert "Not measured: `apt-get install mosquitto` first." in text
