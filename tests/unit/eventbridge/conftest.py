"""Unit tests of the EventBridge data plane open no socket."""

from collections.abc import Iterator

import pytest
import pytest_socket

from tests.unit.eventbridge.eventbridge_fakes import FakeClock, FakePorts


@pytest.fixture(autouse=True)
def _no_sockets() -> Iterator[None]:
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture
def world() -> FakePorts:
    return FakePorts()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
