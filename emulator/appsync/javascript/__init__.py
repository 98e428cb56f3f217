"""The APPSYNC_JS runtime: resolver code is checked as AppSync checks it, then evaluated in QuickJS.

`load` refuses everything that APPSYNC_JS does not have; a `Program` evaluates `request` and
`response` of one resolver or pipeline function.
"""

from emulator.appsync.javascript.program import Program, load
from emulator.appsync.javascript.types import Context, Evaluation, ResolverCodeError, ResolverError

__all__ = ["Context", "Evaluation", "Program", "ResolverCodeError", "ResolverError", "load"]
