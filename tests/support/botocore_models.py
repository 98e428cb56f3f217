"""Read botocore's descriptions of the services once in a test process, not once per session.

boto3 makes a session wherever one is asked for, and each reads megabytes of JSON again.
"""

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader


def keep() -> None:
    """Keep what any session reads for all others; call once, before the first session."""
    read = JSONFileLoader.load_file

    @cache
    def load_file(path: str) -> Any:
        return read(JSONFileLoader(), path)

    JSONFileLoader.load_file = lambda self, path: load_file(path)  # type: ignore[method-assign]
