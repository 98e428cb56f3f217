"""What functions write: logs, and metrics in them."""

from emulator.lambda_workers.functions import Functions
from tests.integration.lambda_workers.functions_that_answer import ECHO, answer_of
from tests.integration.lambda_workers.lambda_api import LambdaApi
from tests.support.waiting import until


async def test_what_a_function_writes_is_in_the_logs(api: LambdaApi, functions: Functions) -> None:
    api.deploy(ECHO)
    answer = await answer_of(functions, "é")

    async def is_there() -> bool:
        return any(line.startswith("REPORT") for line in api.lines)

    await until(is_there, 5.0, "no log")
    start = api.lines.index(f"START RequestId: {answer['id']} Version: $LATEST")
    assert start < api.lines.index(f"END RequestId: {answer['id']}")
    assert "loaded" in api.lines
    assert "ran é" in api.lines


async def test_metrics_that_a_function_writes_are_kept_until_they_are_taken(
    api: LambdaApi, functions: Functions
) -> None:
    line = '{"_aws": {"CloudWatchMetrics": []}}'
    api.deploy(f"def handler(event, context):\n    print('{line}')\n")
    await answer_of(functions, 1)

    async def are_taken() -> bool:
        return functions.measured().lines == [line]

    await until(are_taken, 5.0, "no metrics")
    assert len(functions.measured().streams) == 1


async def test_logs_that_are_not_taken_are_sent_later(api: LambdaApi, functions: Functions) -> None:
    api.logs_refuse = True
    api.deploy(ECHO)
    await answer_of(functions, 1)
    api.logs_refuse = False

    async def are_there() -> bool:
        return "ran 1" in api.lines

    await until(are_there, 5.0, "the lines are lost")
