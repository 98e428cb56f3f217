import json
from typing import Any

import pytest

from emulator.appsync.connection import (
    BeginSubscription,
    Close,
    CloseCode,
    Connection,
    EndSubscription,
    Opened,
    Send,
)
from emulator.appsync.protocol import Complete, ConnectionAck, Error, StartAck, Stop, parse_message


def start(id: str = "1") -> str:
    payload = {"data": "{}", "extensions": {"authorization": {"X-Api-Key": "k"}}}
    return json.dumps({"id": id, "type": "start", "payload": payload})


def stop(id: str) -> str:
    return json.dumps({"id": id, "type": "stop"})


INIT = '{"type": "connection_init"}'


@pytest.fixture
def connection() -> Connection:
    connection = Connection(max_subscriptions=2, timeout_ms=300_000)
    assert connection.receive_text(INIT) == (Send(ConnectionAck(300_000)), Opened())
    return connection


def begin(connection: Connection, id: str) -> None:
    [action] = connection.receive_text(start(id))
    assert isinstance(action, BeginSubscription)
    assert connection.started(id) == (Send(StartAck(id)),)


def error_type(actions: tuple[Any, ...]) -> str:
    [action] = actions
    assert isinstance(action.message, Error)
    found: str = action.message.errors[0]["errorType"]
    return found


def test_nothing_before_init_counts() -> None:
    connection = Connection(2, 1)
    assert connection.receive_text(start()) == ()
    assert connection.receive_text(stop("1")) == ()


def test_a_second_init_is_acknowledged_without_a_second_heartbeat(connection: Connection) -> None:
    assert connection.receive_text(INIT) == (Send(ConnectionAck(300_000)),)


def test_without_init_the_connection_ends(connection: Connection) -> None:
    assert connection.init_timeout() == ()
    [close] = Connection(2, 1).init_timeout()
    assert isinstance(close, Close)
    assert close.code == CloseCode.INIT_TIMEOUT


def test_start_and_stop(connection: Connection) -> None:
    [action] = connection.receive_text(start())
    assert isinstance(action, BeginSubscription)
    assert action.start.authorization == {"x-api-key": "k"}
    assert connection.started("1") == (Send(StartAck("1")),)
    assert connection.receive_text(stop("1")) == (EndSubscription("1"), Send(Complete("1")))
    begin(connection, "1")


def test_stop_while_starting(connection: Connection) -> None:
    connection.receive_text(start())
    assert connection.receive_text(stop("1")) == (EndSubscription("1"), Send(Complete("1")))
    assert connection.started("1") == (EndSubscription("1"),)
    assert connection.refused("1", Error(())) == ()


def test_a_refused_id_is_free_again(connection: Connection) -> None:
    connection.receive_text(start())
    refusal = Error(({"errorType": "X"},), "1")
    assert connection.refused("1", refusal) == (Send(refusal),)
    begin(connection, "1")


def test_a_used_id(connection: Connection) -> None:
    begin(connection, "1")
    actions = connection.receive_text(start("1"))
    assert error_type(actions) == "DuplicateSubscriptionError"
    assert actions[0].message.id is None  # type: ignore[union-attr]


def test_too_many(connection: Connection) -> None:
    begin(connection, "1")
    begin(connection, "2")
    assert error_type(connection.receive_text(start("3"))) == "MaxSubscriptionsReachedError"


def test_a_broken_start_does_not_end_its_namesake(connection: Connection) -> None:
    begin(connection, "1")
    [action] = connection.receive_text('{"type": "start", "id": "1"}')
    assert action.message.id is None  # type: ignore[union-attr]


def test_invalidation(connection: Connection) -> None:
    begin(connection, "1")
    begin(connection, "2")
    assert connection.invalidated(("nobody",)) == ()
    assert connection.invalidated(("2",)) == (
        Send(Complete("2")),
        Close(CloseCode.NORMAL, "Subscription invalidated."),
    )
    assert connection.closed
    assert connection.invalidated(("1",)) == ()
    assert connection.receive_text(start("3")) == ()


def test_binary(connection: Connection) -> None:
    [close] = connection.receive_binary()
    assert isinstance(close, Close)
    assert close.code == CloseCode.UNSUPPORTED_DATA


def test_ids_are_strings() -> None:
    assert parse_message(stop("7")) == Stop("7")


@pytest.mark.parametrize("message", [StartAck("\ud800"), Complete('"'), Error((), "é")])
def test_messages_encode_whatever_the_id(message: StartAck | Complete | Error) -> None:
    assert json.loads(message.encode())["id"] == message.id
