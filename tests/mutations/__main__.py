"""`python -m tests.mutations [--only WORDS]`: breaks each promise, and wants its test to notice.

Works in place, on a checkout whose files are as git has them, and leaves them so.
"""

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

from tests.mutations.model import Break
from tests.mutations.table import BREAKS
from tests.mutations.trial import Outcome, Verdict, on_trial
from tests.support.stack import ROOT

_RESULTS = ROOT / "test-results"
_REASON = 120


def main(arguments: Sequence[str]) -> int:
    """Runs the breaks one after the other; 1 if one was not noticed or could not be judged."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("--only", default="", help="breaks whose test or text has one of the words")
    chosen = _chosen(parser.parse_args(arguments).only.lower().split())
    if not chosen:
        parser.error("no break has any of these words")
    if changed := _changed(chosen):
        parser.error(f"not as git has them; commit or restore first: {' '.join(changed)}")
    signal.signal(signal.SIGTERM, _interrupt)
    _RESULTS.mkdir(exist_ok=True)
    verdicts: list[Verdict] = []
    with (_RESULTS / "breaks.log").open("w") as log:
        for number, broken in enumerate(chosen, 1):
            print(f"{number}/{len(chosen)} {broken.test}\n  {broken.what}", flush=True)
            print(f"\n\n==== {broken.test}: {broken.what}", file=log, flush=True)
            try:
                verdicts.append(on_trial(broken, log))
            except KeyboardInterrupt:
                print("  interrupted; the file is as it was")
                return 130
            _say(verdicts[-1])
            _write(verdicts)
    failed = sum(each.outcome is not Outcome.NOTICED for each in verdicts)
    print(f"{len(verdicts) - failed} of {len(verdicts)} noticed; see test-results/breaks.md")
    return 1 if failed else 0


def _chosen(words: list[str]) -> list[Break]:
    def texts(broken: Break) -> str:
        return f"{broken.test} {broken.what} {broken.file}".lower()

    return [each for each in BREAKS if not words or any(word in texts(each) for word in words)]


def _changed(breaks: Sequence[Break]) -> list[str]:
    files = sorted({each.file for each in breaks})
    done = subprocess.run(
        ["git", "diff", "--name-only", "HEAD", "--", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(verdict: Verdict) -> None:
    print(f"  {verdict.outcome} in {verdict.seconds:.0f} s: {verdict.reason[:_REASON]}", flush=True)


def _write(verdicts: Sequence[Verdict]) -> None:
    lines = [
        "# Breaks",
        "",
        "| promise's test | what was broken | outcome | seconds | what the test said |",
        "|---|---|---|---|---|",
    ]
    for each in verdicts:
        reason = each.reason[:_REASON].replace("|", "\\|").replace("`", "'")
        lines.append(
            f"| `{each.broken.test}` | {each.broken.what} | {each.outcome} "
            f"| {each.seconds:.0f} | {reason} |"
        )
    (_RESULTS / "breaks.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
