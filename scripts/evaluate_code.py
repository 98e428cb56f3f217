"""`make evaluate-code`: every resolver fixture through AWS's own APPSYNC_JS, by EvaluateCode.

Needs an account and the permission `appsync:EvaluateCode`; deploys nothing and costs nothing. The
same fixtures run in the local runtime as unit tests. EvaluateCode tells an error's message, not its
type.
"""

import json
import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from scripts.resolver_fixtures import Case, all_cases, disagreement


def _evaluate(appsync: Any, case: Case) -> str | None:
    """What is wrong with AWS's answer, or None."""
    answer = appsync.evaluate_code(
        runtime={"name": "APPSYNC_JS", "runtimeVersion": "1.0.0"},
        code=case.code.read_text(),
        context=json.dumps(case.context),
        function=case.function,
    )
    error = answer.get("error")
    if error is not None:
        wanted = case.expected.get("error", {}).get("message")
        said = error.get("message")
        return None if said == wanted else f"error {said!r}, expected {wanted!r}"
    result = json.loads(answer.get("evaluationResult") or "null")
    return disagreement(case, result, json.loads(answer.get("stash") or "{}"))


def main() -> int:
    """Returns the exit code."""
    failed = count = 0
    try:
        make: Any = boto3.client
        appsync = make("appsync")
        for case in all_cases():
            count += 1
            wrong = _evaluate(appsync, case)
            failed += wrong is not None
            print(f"{'FAILED' if wrong else 'ok':7}{case.title}{': ' + wrong if wrong else ''}")
    except (BotoCoreError, ClientError) as error:
        print(f"AWS did not answer: {error}", file=sys.stderr)
        return 2
    print(f"{count - failed} of {count} fixtures agree with AWS")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
