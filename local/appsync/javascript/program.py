"""A loaded resolver: its functions `request` and `response`, ready to be called."""

from collections.abc import Mapping

from local.appsync.definition import SourceFile
from local.appsync.javascript.types import Context, Evaluation


class Program:
    """The code of one resolver or pipeline function."""

    def request(self, context: Context) -> Evaluation:
        """Evaluate the function `request` of the code."""
        raise NotImplementedError

    def response(self, context: Context) -> Evaluation:
        """Evaluate the function `response` of the code."""
        raise NotImplementedError


def load(source: SourceFile, environment: Mapping[str, str]) -> Program:
    """Check and load resolver code; `environment` is the API's `ctx.env`.

    Raises:
        ResolverCodeError: the code is not APPSYNC_JS.
    """
    raise NotImplementedError
