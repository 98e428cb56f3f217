"""`python -m tests.mutations [--only WORDS]`: runs the mutation tests.

Each mutation breaks one promise in a production file; its test must fail. The files are edited in
place and restored, so they must have no uncommitted changes.
"""

import argparse
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

from tests.mutations.model import Mutation
from tests.mutations.runner import Outcome, Verdict, judged
from tests.mutations.table import MUTATIONS
from tests.support.stack import ROOT

_RESULTS = ROOT / "test-results"
_REASON = 120


def main(arguments: Sequence[str]) -> int:
    """Run the mutations one by one; returns 1 if a test did not fail, or could not be judged."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument(
        "--only", default="", help="mutations whose test, text or file has one of the words"
    )
    chosen = _chosen(parser.parse_args(arguments).only.lower().split())
    if not chosen:
        parser.error("no mutation has any of these words")
    if changed := _changed(chosen):
        parser.error(f"commit or restore these files first: {' '.join(changed)}")
    signal.signal(signal.SIGTERM, _interrupt)
    _RESULTS.mkdir(exist_ok=True)
    verdicts: list[Verdict] = []
    with (_RESULTS / "mutations.log").open("w") as log:
        for number, mutation in enumerate(chosen, 1):
            print(f"{number}/{len(chosen)} {mutation.test}\n  {mutation.what}", flush=True)
            print(f"\n\n==== {mutation.test}: {mutation.what}", file=log, flush=True)
            try:
                verdicts.append(judged(mutation, log))
            except KeyboardInterrupt:
                print("  interrupted; the file is restored")
                return 130
            _say(verdicts[-1])
            _write(verdicts)
    failed = sum(each.outcome is not Outcome.NOTICED for each in verdicts)
    print(f"{len(verdicts) - failed} of {len(verdicts)} noticed; see test-results/mutations.md")
    return 1 if failed else 0


def _chosen(words: list[str]) -> list[Mutation]:
    def texts(mutation: Mutation) -> str:
        return f"{mutation.test} {mutation.what} {mutation.file}".lower()

    return [each for each in MUTATIONS if not words or any(word in texts(each) for word in words)]


def _changed(mutations: Sequence[Mutation]) -> list[str]:
    files = sorted({each.file for each in mutations})
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
        "# Mutation tests",
        "",
        "| promise's test | mutation | outcome | seconds | what the test said |",
        "|---|---|---|---|---|",
    ]
    for each in verdicts:
        reason = each.reason[:_REASON].replace("|", "\\|").replace("`", "'")
        lines.append(
            f"| `{each.mutation.test}` | {each.mutation.what} | {each.outcome} "
            f"| {each.seconds:.0f} | {reason} |"
        )
    (_RESULTS / "mutations.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
