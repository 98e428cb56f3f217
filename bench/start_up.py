"""Start-up of `make run`: cold, warm, and where the seconds go (the stack's own step lines)."""

import time
from typing import Any

from tests.support.stack import local_stack

REGIONS = ("us-west-2", "ap-southeast-2")


def run(warm_runs: int = 2) -> dict[str, Any]:
    """Seconds until the stack is ready; cold is without any state of the stack's own.

    The environments (.venv…) are there in both cases; `sam build` and the web client's build are
    shared with the checkout, so cold says whether they had anything to do.
    """
    runs = []
    for number in range(1 + warm_runs):
        started = time.monotonic()
        with local_stack("bench-start", REGIONS) as stack:
            seconds = time.monotonic() - started
            lines = stack.log("stack").splitlines()
        runs.append(
            {
                "kind": "warm" if number else "cold",
                "seconds": round(seconds, 1),
                "phases": [line.strip() for line in lines if line.rstrip().endswith(" s)")],
            }
        )
    return {"runs": runs}
