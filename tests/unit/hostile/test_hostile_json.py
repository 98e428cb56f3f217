"""Every reader of JSON from outside, with unusual JSON."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from globalws_client.protocol import decode as decode_frame
from globalws_functions.adapters.graphql_api import _data
from globalws_functions.domain.command import read_command
from globalws_functions.domain.errors import GlobalwsError, InvalidEventError
from globalws_functions.domain.json_text import MOST_NESTED, check_nesting, read_json
from globalws_functions.domain.message import read_message_published

from cli.adapters.clients import Access
from cli.adapters.functions import _decoded
from cli.adapters.graphql import GraphqlApi, with_api_key
from cli.adapters.logs import ask_region_process
from cli.commands.dlq_view import decoded
from cli.domain.dead_letters import Queue, read_dead_letter
from cli.domain.steps import steps_of_line
from cli.errors import CliError
from cli.stack_file import RunningStack, StackFileError
from emulator.eventbridge.async_invoke import _parsed
from emulator.runtime.invoke.sam_local import FunctionFailedError, _judged
from emulator.runtime.region.cloudwatch import embedded
from tests.support.hostile.json_texts import HOSTILE
from tests.unit.cli.samples import FUNCTION, HOME, MESSAGE, bus_dead_letter, dead_letter

TEXTS = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)


def _response(text: str) -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response._content = text.encode("utf-8", "surrogatepass")
    return response


def _stack_file(text: str, folder: Path) -> None:
    path = folder / "stack.json"
    path.write_text(text)
    RunningStack.read(path)


# Each with the only errors that it may raise.
READERS: dict[str, tuple[Callable[[str], Any], type[Exception] | tuple[type[Exception], ...]]] = {
    "a dead letter of the bus": (
        lambda text: read_dead_letter(bus_dead_letter(FUNCTION, text), HOME), ()
    ),
    "a dead letter of a function": (
        lambda text: read_dead_letter(dead_letter(Queue.FUNCTION, text), HOME), ()
    ),
    "a dead letter's body": (lambda text: json.dumps(decoded(text), indent=2), ()),
    "a log line": (lambda text: steps_of_line("us-west-2", "replay", 0, text), ()),
    "a function's answer": (lambda text: _decoded(text.encode()), ()),
    "a local function's answer": (_judged, FunctionFailedError),
    "a function's answer in a record": (lambda text: json.dumps(_parsed(text)), ()),
    "a line of metrics": (lambda text: list(embedded(text)), ()),
    "the API's answer, in a function": (lambda text: _data(_response(text)), GlobalwsError),
    "a frame": (decode_frame, ValueError),
}  # fmt: skip


@TEXTS
@pytest.mark.parametrize("reader", READERS)
def test_a_reader_refuses_it_or_reads_it(reader: str, text: str) -> None:
    read, refusals = READERS[reader]
    with suppress(refusals):
        read(text)


@TEXTS
def test_a_stack_file_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(StackFileError):
        _stack_file(text, tmp_path)


@TEXTS
def test_the_operators_calls_end_with_an_error_of_the_command(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests.Session, "request", lambda *_, **__: _response(text))
    with pytest.raises(CliError):
        GraphqlApi("us-west-2", "http://127.0.0.1:1/graphql", with_api_key("key")).execute(
            "{ channels { name } }"
        )
    clients: Any = SimpleNamespace(
        region="us-west-2", access=Access("http://127.0.0.1:1", "http://127.0.0.1:1", "k", "s")
    )
    with suppress(CliError):
        ask_region_process(clients, "faults")


@pytest.mark.parametrize("depth", [MOST_NESTED, MOST_NESTED + 1])
def test_the_bound_is_exact(depth: int) -> None:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    if depth <= MOST_NESTED:
        assert read_json(json.dumps(value)) == value
        check_nesting(value)
        return
    for check in (lambda: read_json(json.dumps(value)), lambda: check_nesting(value)):
        with pytest.raises(ValueError, match="nested deeper than 100 levels"):
            check()


@pytest.mark.parametrize("read", [read_message_published, read_command])
def test_an_event_that_is_nested_too_deeply_is_refused_for_good(read: Any) -> None:
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    kind = "MessagePublished" if read is read_message_published else "PurgeRequested"
    event = {**MESSAGE, "detail-type": kind, "detail": {"name": "tech", "more": deep}}
    with pytest.raises(InvalidEventError, match="nested"):
        read(event)
