"""Requests signed with AWS credentials; needs the extra `globalws-client[iam]`."""

import asyncio
from typing import Any

from .auth import Auth
from .errors import ConfigError
from .types import RegionEndpoint

_HEADERS = {
    "accept": "application/json, text/javascript",
    "content-encoding": "amz-1.0",
    "content-type": "application/json; charset=UTF-8",
}


class Iam(Auth):
    """Signature version 4.

    Args:
        credentials: botocore credentials; by default those of the environment (variables, profile,
            role), as botocore finds and refreshes them.

    Raises:
        ConfigError: botocore is not installed, or finds no credentials.
    """

    def __init__(self, credentials: Any = None) -> None:
        try:
            from botocore.session import get_session
        except ImportError:
            raise ConfigError("Iam needs botocore: pip install 'globalws-client[iam]'") from None
        found = credentials or get_session().get_credentials()
        if found is None:
            raise ConfigError("there are no AWS credentials: set AWS_PROFILE or the variables")
        self._credentials: Any = found

    async def headers(self, region: RegionEndpoint, url: str, body: str) -> dict[str, str]:
        """See Auth."""
        # Credentials may have to be refreshed over the network.
        return await asyncio.to_thread(self._sign, region, url, body)

    def _sign(self, region: RegionEndpoint, url: str, body: str) -> dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest("POST", url, dict(_HEADERS), body.encode())
        credentials = self._credentials.get_frozen_credentials()
        SigV4Auth(credentials, "appsync", region.region).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}
