"""Lambda for the functions of one region: invocations in kept environments, their logs, metrics."""

import asyncio
import json
import logging
import os
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from emulator.aws_calls.json_service import logs
from emulator.aws_calls.signing import Credentials
from emulator.eventbridge.ports import InvokeResult
from emulator.lambda_workers.configuration import Configuration, LambdaApi, LambdaApiError
from emulator.lambda_workers.environment import Environment, new_stream, variables
from emulator.lambda_workers.logs import FunctionLogs

logger = logging.getLogger(__name__)

_FRESH_SECONDS = 0.05
_IDLE_SECONDS = 300.0
_WAIT_SECONDS = 1.0
# More environments at once than processors take turns on them, and each finds its caches cold.
_AT_ONCE = os.cpu_count() or 1
_CROWDED_SECONDS = 0.05
_METRICS_MARK = '"CloudWatchMetrics"'
_MOST_METRIC_LINES = 50_000  # the local AWS is down: nobody takes them


@dataclass
class Usage:
    """What the invocations of one function took, since the metrics were last taken."""

    invocations: int = 0
    errors: int = 0
    durations: list[float] = field(default_factory=list)
    """Milliseconds."""
    most_at_once: int = 0


@dataclass
class Measured:
    """What there is to measure since the last call of `Functions.measured`.

    `lines` are those that functions wrote in CloudWatch's embedded metric format. `streams` are
    the log streams of all environments so far: what is in there is in `lines`, too.
    """

    usage: dict[str, Usage] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    streams: frozenset[str] = frozenset()


@dataclass
class _Function:
    """A function as it is deployed now, and its environments."""

    configuration: Configuration
    code: Path
    free: list[Environment] = field(default_factory=list)
    running: int = 0
    taken: int = 0
    checked: float = 0.0
    starting: int = 0
    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    def wake(self) -> None:
        """Let the one that has waited longest look for an environment."""
        while self.waiting:
            waiter = self.waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return


class Functions:
    """A FunctionPort. A function that was changed runs as changed from the next invocation on.

    Args:
        credentials: of this process, for Lambda's API and CloudWatch Logs.
        functions_key: the key that functions get.
        folder: for the functions' code; it is emptied.
    """

    def __init__(
        self,
        endpoint_url: str,
        region: str,
        credentials: Credentials,
        functions_key: Credentials,
        folder: Path,
    ) -> None:
        self._endpoint_url = endpoint_url
        self._key = functions_key
        self._api = LambdaApi(endpoint_url, region, credentials, folder)
        self._logs = FunctionLogs(logs(endpoint_url, region, credentials))
        self._functions: dict[str, _Function] = {}
        self._checking: dict[str, asyncio.Lock] = {}
        self._environments: set[Environment] = set()
        self._measured = Measured()
        self._streams: set[str] = set()
        self._idle_timer: asyncio.TimerHandle | None = None

    async def invoke(self, function_arn: str, payload: str) -> InvokeResult:
        """Runs a function and waits for its answer; see FunctionPort."""
        name = function_arn.split(":")[6]
        request_id = str(uuid.uuid4())
        try:
            function = await self._current(name)
        except LambdaApiError as error:
            return _refused(error)
        usage = self._measured.usage.setdefault(name, Usage())
        function.running += 1
        usage.most_at_once = max(usage.most_at_once, function.running)
        environment: Environment | None = None
        try:
            environment = await self._take(function, function_arn)
            result = await self._run(function, environment, function_arn, payload, request_id)
        finally:
            function.running -= 1
            if environment is not None:
                self._give_back(function, environment)
            function.wake()
        return result

    def measured(self) -> Measured:
        """What was measured since the last call."""
        taken, self._measured = self._measured, Measured()
        taken.streams = frozenset(self._streams)
        return taken

    async def close(self) -> None:
        """Ends all environments, and sends what they wrote."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        self._functions.clear()
        ending = list(self._environments)
        for environment in ending:
            environment.kill()
        await asyncio.gather(*(environment.ended() for environment in ending))
        await self._logs.close()
        self._api.close()

    async def _current(self, name: str) -> _Function:
        """Asks Lambda's API at most 20 times a second what is deployed. Raises LambdaApiError."""
        lock = self._checking.setdefault(name, asyncio.Lock())
        async with lock:
            function = self._functions.get(name)
            now = time.monotonic()
            if function is not None and now - function.checked < _FRESH_SECONDS:
                return function
            try:
                configuration = await self._api.configuration(name)
                if function is None or function.configuration != configuration:
                    code = await self._api.code(configuration)
                    self._forget(name)
                    function = self._functions[name] = _Function(configuration, code)
            except LambdaApiError as error:
                if error.status == 404:
                    self._forget(name)
                raise
            function.checked = now
            return function

    def _forget(self, name: str) -> None:
        function = self._functions.pop(name, None)
        for environment in function.free if function else ():
            environment.kill()

    async def _take(self, function: _Function, arn: str) -> Environment:
        """The environment that was used last (the others may then end), or a new one.

        While a new one loads the function, others wait a while for one that becomes free: loading
        takes as much of the processor as a hundred invocations. If as many run as there are
        processors, others wait a moment for one that ends.
        """
        began = time.monotonic()
        while True:
            waited = time.monotonic() - began
            is_crowded = function.taken >= _AT_ONCE and waited < _CROWDED_SECONDS
            while function.free and not is_crowded:
                environment = function.free.pop()
                if environment.alive:
                    function.taken += 1
                    return environment
            is_loading = function.starting > 0 and waited < _WAIT_SECONDS
            if not is_crowded and not is_loading:
                break
            waiter = asyncio.get_running_loop().create_future()
            function.waiting.append(waiter)
            longest = _CROWDED_SECONDS if is_crowded else _WAIT_SECONDS
            await asyncio.wait([waiter], timeout=longest - waited)
            waiter.cancel()
        function.taken += 1
        function.starting += 1
        configuration, stream = function.configuration, new_stream()
        self._streams.add(stream)
        try:
            environment = await Environment.start(
                configuration,
                function.code,
                variables(configuration, arn, stream, self._endpoint_url, self._key),
                self._logger(configuration, stream),
            )
        except BaseException:
            function.taken -= 1
            function.starting -= 1
            function.wake()
            raise
        self._environments.add(environment)
        return environment

    def _logger(self, configuration: Configuration, stream: str) -> Callable[[str], None]:
        key = (configuration.log_group, stream)

        def log(line: str) -> None:
            self._logs.add(key, line)
            if _METRICS_MARK in line and len(self._measured.lines) < _MOST_METRIC_LINES:
                self._measured.lines.append(line)

        return log

    async def _run(
        self,
        function: _Function,
        environment: Environment,
        arn: str,
        payload: str,
        request_id: str,
    ) -> InvokeResult:
        configuration = function.configuration
        log = self._logger(configuration, environment.stream)
        log(f"START RequestId: {request_id} Version: $LATEST")
        started = time.monotonic()
        result = await environment.invoke(arn, payload, request_id, configuration.timeout)
        took = (time.monotonic() - started) * 1000
        log(f"END RequestId: {request_id}")
        log(
            f"REPORT RequestId: {request_id}\tDuration: {took:.2f} ms\t"
            f"Memory Size: {configuration.memory} MB"
        )
        usage = self._measured.usage.setdefault(configuration.name, Usage())
        usage.invocations += 1
        usage.errors += result.outcome != "ok"
        usage.durations.append(took)
        return result

    def _give_back(self, function: _Function, environment: Environment) -> None:
        function.taken -= 1
        if environment.is_loading:
            environment.is_loading = False
            function.starting -= 1
        is_current = self._functions.get(function.configuration.name) is function
        if not environment.alive or not is_current:
            environment.kill()
            self._environments.discard(environment)
            return
        environment.used = asyncio.get_running_loop().time()
        function.free.append(environment)
        self._watch_idle()

    def _watch_idle(self) -> None:
        if self._idle_timer is None:
            loop = asyncio.get_running_loop()
            self._idle_timer = loop.call_later(_IDLE_SECONDS, self._end_idle)

    def _end_idle(self) -> None:
        """Ends the environments that nobody has used for five minutes."""
        self._idle_timer = None
        before = asyncio.get_running_loop().time() - _IDLE_SECONDS
        for function in self._functions.values():
            while function.free and function.free[0].used <= before:
                idle = function.free.pop(0)
                idle.kill()
                self._environments.discard(idle)
            if function.free:
                self._watch_idle()


def _refused(error: LambdaApiError) -> InvokeResult:
    """The result of an invocation that no function has seen."""
    message = json.dumps({"errorType": error.code, "errorMessage": error.message})
    if error.status == 429:
        return InvokeResult("throttled", message, 429, error_code=error.code)
    if error.status == 0 or error.status >= 500:
        return InvokeResult("unavailable", message, error.status or 500, error_code=error.code)
    return InvokeResult("rejected", message, error.status, error_code=error.code)
