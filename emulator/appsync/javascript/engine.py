"""QuickJS under the runtime's own JavaScript: one context, with limits, for one resolver."""

import json
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import quickjs

MEMORY_LIMIT = 64 * 1024 * 1024  # bytes
STACK_LIMIT = 512 * 1024  # bytes
TIME_LIMIT = 2.0  # seconds of CPU a call

_PARTS = (
    "intrinsics",
    "evaluate",
    "random",
    "text",
    "time",
    "dynamodb",
    "expressions",
    "transform",
    "table",
    "realm",
    "boot",
)

ScriptError = quickjs.JSException

# The time in epoch milliseconds and the members of ctx as JSON -> lines of JSON (evaluate.js).
Handler = Callable[..., str]


class Engine:
    """A QuickJS context with one resolver in it. Not for use by several threads.

    A QuickJS context with a time limit cannot call into Python, so everything that an evaluation
    needs goes in and everything that it did comes out with the call.
    """

    def __init__(
        self, script: str, environment: Mapping[str, str], seed: tuple[int, int, int, int] | None
    ) -> None:
        """Run the top level of `script` (see `modules.rewrite`); `seed` is for tests.

        Raises:
            ScriptError: the script cannot be compiled, or its top level fails.
        """
        context = quickjs.Context()
        context.set_memory_limit(MEMORY_LIMIT)
        context.set_max_stack_size(STACK_LIMIT)
        boot = context.eval(_prelude())
        words = seed or tuple(secrets.randbits(32) for _ in range(4))
        link = boot(json.dumps(dict(environment)), json.dumps(words))
        context.set_time_limit(TIME_LIMIT)
        factory = context.eval(script)
        self.request: Handler = link(factory, "request")
        self.response: Handler = link(factory, "response")
        self._learn_zone: Callable[[str, int | str], None] = link(factory, "zone")
        self._context = context

    def learn_zone_offset(self, key: str, offset: int | None) -> None:
        """Tell the runtime an offset in seconds that it asked for; None for an unknown zone."""
        self._learn_zone(key, "unknown" if offset is None else offset)

    def memory(self) -> dict[str, Any]:
        """QuickJS's own account of its memory, in bytes."""
        usage: dict[str, Any] = self._context.memory()
        return usage


@cache
def _prelude() -> str:
    folder = Path(__file__).parent / "runtime"
    parts = "\n".join((folder / f"{name}.js").read_text("utf-8") for name in _PARTS)
    return f'(function () {{ "use strict";\n{parts}\nreturn boot;\n}})()'
