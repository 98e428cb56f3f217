"""Functions in processes of this machine, deployed to an API that answers as Lambda's does."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from emulator.aws_calls.signing import Credentials
from emulator.lambda_workers import functions as module
from emulator.lambda_workers.functions import Functions
from tests.integration.lambda_workers.functions_that_answer import ECHO, answer_of
from tests.integration.lambda_workers.lambda_api import ARN, LambdaApi
from tests.support.waiting import until

ENVIRONMENT = """
import os
import sys

def handler(event, context):
    return {
        "variables": dict(os.environ),
        "arn": context.invoked_function_arn,
        "memory": context.memory_limit_in_mb,
        "left": context.get_remaining_time_in_millis(),
        "path": sys.path[0],
        "stdin": sys.stdin.read(),
    }
"""
MEETS = """
import os
import time

def handler(event, context):
    open(f"here-{os.getpid()}", "w").close()
    while len([name for name in os.listdir() if name.startswith("here")]) < event:
        time.sleep(0.01)
    return os.getpid()
"""
FAILS = """
import os
import signal
import time

def handler(event, context):
    if event == "raise":
        raise KeyError("nothing")
    if event == "exit":
        os._exit(7)
    if event == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if event == "sleep":
        time.sleep(60)
    if event == "no JSON":
        return {1, 2}
    return os.getpid()
"""


@pytest.mark.parametrize("event", [{"é": [1, None]}, "x" * 1_000_000, "half \ud83d of a pair"])
async def test_a_payload_and_its_answer(api: LambdaApi, functions: Functions, event: Any) -> None:
    api.deploy(ECHO.replace('print("ran", event)', ""))
    answer = await answer_of(functions, event)
    if isinstance(event, str):
        event = event.encode("utf-8", "replace").decode()
        answer["event"] = answer["event"].replace("\ufffd" * 3, "?")
    assert answer["event"] == event


async def test_invocations_one_after_the_other_share_a_process(
    api: LambdaApi, functions: Functions
) -> None:
    api.deploy(ECHO)
    answers = [await answer_of(functions, number) for number in range(3)]
    assert len({answer["pid"] for answer in answers}) == 1
    assert len({answer["id"] for answer in answers}) == 3


async def test_invocations_at_once_have_a_process_each(
    api: LambdaApi, functions: Functions
) -> None:
    api.deploy(MEETS)
    answers = await asyncio.gather(*(answer_of(functions, 2) for _ in range(2)))
    assert len(set(answers)) == 2
    usage = functions.measured().usage["replay"]
    assert (usage.invocations, usage.errors, usage.most_at_once) == (2, 0, 2)
    assert len(usage.durations) == 2
    assert functions.measured().usage == {}


async def test_quick_invocations_take_turns_when_each_processor_runs_one(
    api: LambdaApi, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.deploy(ECHO)
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    monkeypatch.setattr(module, "_CROWDED_SECONDS", 30.0)
    answers = await asyncio.gather(*(answer_of(functions, number) for number in range(5)))
    assert [answer["event"] for answer in answers] == list(range(5))
    assert len({answer["pid"] for answer in answers}) == 1


async def test_an_invocation_that_takes_long_does_not_hold_up_others(
    api: LambdaApi, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.deploy(MEETS)
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    await answer_of(functions, 1)
    pids = await asyncio.gather(answer_of(functions, 2), answer_of(functions, 2))
    assert len(set(pids)) == 2


async def test_one_process_at_a_time_loads_the_function(
    api: LambdaApi, functions: Functions
) -> None:
    api.deploy(ECHO)
    answers = await asyncio.gather(*(answer_of(functions, number) for number in range(20)))
    assert len({answer["pid"] for answer in answers}) < 5


async def test_a_function_sees_its_own_environment_only(
    api: LambdaApi, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_REGION", "secret")
    api.deploy(ENVIRONMENT)
    seen = await answer_of(functions, None)
    variables = seen["variables"]
    assert "OF_THE_REGION" not in variables
    assert variables["SETTING"] == "one"
    assert variables["AWS_ENDPOINT_URL"] == api.url
    assert variables["AWS_REGION"] == "us-west-2"
    assert variables["AWS_ACCESS_KEY_ID"] == "000000000000"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "replay"
    assert (seen["arn"], seen["memory"], seen["stdin"]) == (ARN, 256, "")
    assert 0 < seen["left"] <= 15_000


@pytest.mark.parametrize(
    ("event", "kind", "message"),
    [
        ("raise", "KeyError", "'nothing'"),
        ("exit", "Runtime.ExitError", "exit status 7"),
        ("kill", "Runtime.ExitError", "signal 9"),
        ("sleep", "Sandbox.Timedout", "Task timed out after 0.30 seconds"),
        ("no JSON", "TypeError", "not JSON serializable"),
    ],
)
async def test_a_function_that_fails(
    api: LambdaApi, functions: Functions, event: str, kind: str, message: str
) -> None:
    api.deploy(FAILS, Timeout=0.3)
    before = await answer_of(functions, None)
    result = await functions.invoke(ARN, json.dumps(event))
    assert (result.outcome, result.function_error) == ("function_error", "Unhandled")
    document = json.loads(result.payload)
    assert document["errorType"] == kind
    assert message in document["errorMessage"]
    after = await answer_of(functions, None)
    assert (after == before) == (event in ("raise", "no JSON"))  # the process goes on
    assert functions.measured().usage["replay"].errors == 1


@pytest.mark.parametrize(
    ("source", "handler", "kind"),
    [
        (ECHO, "nothing.here", "Runtime.ImportModuleError"),
        ("import nothing_here", "app.handler", "Runtime.ImportModuleError"),
        (ECHO, "app.missing", "AttributeError"),
        ("1 / 0", "app.handler", "ZeroDivisionError"),
    ],
)
async def test_a_function_that_cannot_be_loaded(
    api: LambdaApi, functions: Functions, source: str, handler: str, kind: str
) -> None:
    api.deploy(source, Handler=handler)
    for _ in range(2):
        result = await functions.invoke(ARN, "1")
        assert json.loads(result.payload)["errorType"] == kind
    api.deploy(ECHO)
    await _until_echo(functions)


async def _until_echo(functions: Functions) -> None:
    async def is_echo() -> bool:
        return "event" in (await functions.invoke(ARN, "1")).payload

    await until(is_echo, 5.0, "the function that was deployed last does not run")


async def test_a_changed_function_runs_as_changed(api: LambdaApi, functions: Functions) -> None:
    api.deploy(ENVIRONMENT)
    old = await answer_of(functions, None)
    api.deploy(ENVIRONMENT, Environment={"Variables": {"SETTING": "two"}})

    async def is_changed() -> bool:
        return bool((await answer_of(functions, None))["variables"]["SETTING"] == "two")

    await until(is_changed, 5.0, "the old variables are used")
    api.deploy(ECHO)
    await _until_echo(functions)
    assert old["variables"]["SETTING"] == "one"


async def test_what_is_deployed_is_asked_now_and_then(
    api: LambdaApi, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FRESH_SECONDS", 60.0)
    api.deploy(ECHO)
    await asyncio.gather(*(answer_of(functions, number) for number in range(3)))
    assert api.configured == 1


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (404, "ResourceNotFoundException", "rejected"),
        (403, "AccessDeniedException", "rejected"),
        (429, "TooManyRequestsException", "throttled"),
        (500, "ServiceException", "unavailable"),
    ],
)
async def test_lambda_refuses(
    api: LambdaApi, functions: Functions, status: int, code: str, outcome: str
) -> None:
    api.refuses = (status, code)
    result = await functions.invoke(ARN, "1")
    assert (result.outcome, result.status_code, result.error_code) == (outcome, status, code)


async def test_a_removed_function_runs_no_more(
    api: LambdaApi, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FRESH_SECONDS", 0.0)
    api.deploy(ECHO)
    pid = (await answer_of(functions, 1))["pid"]
    api.remove()
    assert (await functions.invoke(ARN, "1")).outcome == "rejected"
    await _until_ended(pid)


async def test_other_runtimes_are_refused(api: LambdaApi, functions: Functions) -> None:
    api.deploy(ECHO, Runtime="nodejs22.x")
    result = await functions.invoke(ARN, "1")
    assert (result.outcome, result.error_code) == ("rejected", "InvalidRuntimeException")
    assert "nodejs22.x" in result.payload


async def test_nobody_there(tmp_path: Path) -> None:
    key = Credentials("test", "test")
    alone = Functions("http://127.0.0.1:9", "us-west-2", key, key, tmp_path / "functions")
    assert (await alone.invoke(ARN, "1")).outcome == "unavailable"
    await alone.close()


async def test_a_function_that_runs_is_ended_at_the_close(
    api: LambdaApi, functions: Functions
) -> None:
    api.deploy(FAILS)
    pid = await answer_of(functions, None)
    running = asyncio.create_task(functions.invoke(ARN, '"sleep"'))
    await asyncio.sleep(0.1)
    await functions.close()
    result = await running
    assert json.loads(result.payload)["errorType"] == "Runtime.ExitError"
    await _until_ended(pid)


async def test_signals_for_the_group_do_not_end_a_run(api: LambdaApi, functions: Functions) -> None:
    api.deploy(FAILS)
    pid = await answer_of(functions, None)
    os.kill(pid, signal.SIGTERM)
    os.kill(pid, signal.SIGINT)
    assert await answer_of(functions, None) == pid


async def test_idle_processes_end(
    api: LambdaApi, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.1)
    api.deploy(FAILS)
    await _until_ended(await answer_of(functions, None))


async def _until_ended(pid: int) -> None:
    async def has_ended() -> bool:
        return not await asyncio.to_thread(Path(f"/proc/{pid}").exists)

    await until(has_ended, 5.0, "the process is still there")
