"""Resolvers: what one evaluation costs, and where the time of one publish goes."""

import asyncio
import gc
import json
import time
from statistics import median
from typing import Any

from bench import pattern_subscribers, rules
from bench.publisher import PUBLISH
from bench.servers.project_api import PROJECT_KEY, engine
from bench.stopwatch import Stopwatch
from emulator.appsync.auth import Evidence
from emulator.appsync.definition import SourceFile
from emulator.appsync.engine import Engine
from emulator.appsync.frames import text_header
from emulator.appsync.invocation import RequestMeta
from emulator.appsync.javascript import Context, Program, load
from emulator.appsync.protocol import DATA_SUFFIX, data_prefix
from scripts.resolver_fixtures import ROOT, all_cases

_HEADERS = {"x-api-key": PROJECT_KEY, "host": "127.0.0.1", "content-type": "application/json"}
_TRIVIAL = (
    "export function request(ctx) { return { payload: ctx.args.name }; }\n"
    "export function response(ctx) { return ctx.result; }\n"
)


def run(publishes: int = 2_000) -> dict[str, Any]:
    """µs for each evaluation and each publish, also beside a commit without rules."""
    return run_small(publishes) | {"before_rules": rules.beside_before()}


def run_small(publishes: int = 300) -> dict[str, Any]:
    """The same of this commit alone."""
    return asyncio.run(_run(publishes)) | {"rules": rules.many()}


async def _run(publishes: int) -> dict[str, Any]:
    whole = await _publish_cost(engine(), publishes)
    gc.collect()
    return {
        "evaluation_us": _evaluations(),
        "calls_us": _calls(),
        "patterns": pattern_subscribers.run(),
        "publish_us": whole,
        "parts_us": await _parts(publishes),
    }


def _request() -> tuple[Evidence, RequestMeta]:
    variables = {"name": "tech", "message": "x" * 300}
    body = json.dumps({"query": PUBLISH, "variables": variables}).encode()
    return Evidence(headers=_HEADERS, body=body), RequestMeta(_HEADERS)


async def _publish_cost(served: Engine, count: int) -> dict[str, float]:
    evidence, meta = _request()
    took = []
    for number in range(count + 200):
        started = time.perf_counter_ns()
        answer = await served.handle(evidence, meta)
        if number >= 200:
            took.append((time.perf_counter_ns() - started) / 1e3)
        if "errors" in answer.body:
            raise RuntimeError(str(answer.body))
    took.sort()
    return {"min": round(took[0], 1), "p50": round(median(took), 1)}


def _evaluations() -> dict[str, dict[str, float]]:
    """One small evaluation, and one with a message of 300 bytes in the stash."""
    program = load(SourceFile("trivial.js", _TRIVIAL), {})
    small = Context(arguments={"name": "tech"}, result="tech")
    message = {"id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "name": "tech", "message": "x" * 300}
    text = _TRIVIAL.replace("ctx.args.name", "ctx.stash.message.id")
    reading = load(SourceFile("reading.js", text), {})
    return {
        "small": _time(program, small),
        "reads_a_stash_of_400_bytes": _time(
            reading, Context(arguments={"name": "tech"}, stash={"message": message})
        ),
    }


def _calls() -> list[dict[str, Any]]:
    """Each handler of each file of graphql/, with the first of its fixtures that is no error."""
    found = {}
    for case in all_cases():
        key = (case.code.relative_to(ROOT / "graphql").as_posix(), case.function)
        if key in found or "error" in case.expected:
            continue
        members = dict(case.context)
        program = load(SourceFile(case.code.name, case.code.read_text()), members.pop("env"))
        found[key] = _time(program, Context(**members), 60, case.function)
    return [{"code": code, "function": function} | took for (code, function), took in found.items()]


def _time(
    program: Program,
    context: Context,
    batches: int = 200,
    function: str = "request",
    each: int = 25,
) -> dict[str, Any]:
    call = program.request if function == "request" else program.response
    took = []
    for _ in range(batches):
        started = time.perf_counter_ns()
        for _ in range(each):
            call(context)
        took.append((time.perf_counter_ns() - started) / each / 1e3)
    return {"min": round(min(took), 1), "p50": round(median(took), 1)}


class _Listener:
    """A subscriber that lives in memory: fan-out without a network."""

    def deliver(self, frame: bytes) -> None:
        pass


async def _parts(publishes: int) -> dict[str, float]:
    """Self time by part of one publish that nobody waits for; stopwatches cost some µs each."""
    watch = Stopwatch()
    served = engine()
    for program in (each for each in gc.get_objects() if isinstance(each, Program)):
        inner = program._engine
        inner.request = watch.wrap("QuickJS", inner.request)
        inner.response = watch.wrap("QuickJS", inner.response)
    restore = Program._evaluate
    Program._evaluate = watch.wrap("around QuickJS", Program._evaluate)  # type: ignore[method-assign]
    try:
        for source in _sources(served):
            source.invoke = watch.wrap_async("data sources", source.invoke)
        served._fanout.publish = watch.wrap("fan-out", served._fanout.publish)  # type: ignore[method-assign]
        handle = watch.wrap_async("GraphQL and the rest", served.handle)
        evidence, meta = _request()
        for number in range(publishes + 200):
            await handle(evidence, meta)
            if number == 199:
                watch._laps.clear()
            watch.lap()
    finally:
        Program._evaluate = restore  # type: ignore[method-assign]
    parts = watch.medians()
    parts["a frame to one subscriber more"] = _frame_cost()
    return parts


def _sources(served: Engine) -> list[Any]:
    """The data sources behind the resolvers of `served`."""
    from emulator.appsync.resolvers import PipelineResolver, UnitResolver

    found: dict[int, Any] = {}
    for resolver in gc.get_objects():
        if isinstance(resolver, PipelineResolver):
            steps = resolver._steps
        elif isinstance(resolver, UnitResolver):
            steps = (resolver._step,)
        else:
            continue
        found |= {id(step.source): step.source for step in steps}
    return list(found.values())


def _frame_cost(count: int = 20_000) -> float:
    """What fan-out adds for one subscriber, without its write to the network."""
    prefix, tail = data_prefix("1"), b"x" * 480 + DATA_SUFFIX
    head = text_header(len(prefix) + len(tail))
    listener = _Listener()
    started = time.perf_counter_ns()
    for _ in range(count):
        listener.deliver(b"".join((head, prefix, tail)))
    return round((time.perf_counter_ns() - started) / count / 1e3, 2)
