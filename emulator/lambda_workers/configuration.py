"""What Lambda's API says of a deployed function, and its code, unpacked into a folder."""

import asyncio
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from emulator.aws_calls.http import HttpClient, HttpError
from emulator.aws_calls.signing import Credentials, Signer

_TIMEOUT = 10.0
_PATH = "/2015-03-31/functions/"


class LambdaApiError(Exception):
    """Lambda's API refused or failed a call.

    Attributes:
        status: HTTP's; 0 if there was no answer.
        code: as `ResourceNotFoundException`.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Configuration:
    """What an execution environment is made from; `variables` as sorted pairs."""

    name: str
    handler: str
    timeout: float
    memory: int
    log_group: str
    code_hash: str
    variables: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Configuration":
        """From the answer of GetFunctionConfiguration.

        Raises:
            LambdaApiError: a kind of function that is not run here.
        """
        name = document["FunctionName"]
        runtime, layers = document.get("Runtime"), document.get("Layers") or ()
        if not str(runtime).startswith("python3.") or layers:
            raise LambdaApiError(
                400,
                "InvalidRuntimeException",
                f"{name} cannot run here: it has the runtime {runtime} and {len(layers)} layers;"
                " only Python without layers can",
            )
        variables = document.get("Environment", {}).get("Variables", {})
        return cls(
            name,
            document["Handler"],
            float(document.get("Timeout", 3)),
            int(document.get("MemorySize", 128)),
            document.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{name}",
            document["CodeSha256"],
            tuple(sorted(variables.items())),
        )


class LambdaApi:
    """Reads functions of one region.

    Args:
        folder: where code is unpacked, one folder per version of it; emptied first.
    """

    def __init__(
        self, endpoint_url: str, region: str, credentials: Credentials, folder: Path
    ) -> None:
        self._http = HttpClient(endpoint_url, timeout=_TIMEOUT)
        self._signer = Signer(credentials, region, "lambda")
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    async def configuration(self, name: str) -> Configuration:
        """The function's configuration now. Raises LambdaApiError."""
        return Configuration.parse(await self._get(f"{name}/configuration"))

    async def code(self, configuration: Configuration) -> Path:
        """The folder with the function's code. Raises LambdaApiError."""
        folder = self._folder / configuration.code_hash.encode().hex()
        if not folder.exists():
            found = await self._get(configuration.name)
            place = urlsplit(found["Code"]["Location"])
            # Signed in the URL, on AWS; here, the same server has it.
            archive = await self._request(f"{place.path}?{place.query}", {})
            await asyncio.to_thread(_unpack, archive, folder)
        return folder

    def close(self) -> None:
        """Closes the connections and deletes the unpacked code."""
        self._http.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _get(self, path: str) -> dict[str, Any]:
        path = _PATH + path
        headers = self._signer.headers(self._http.host, method="GET", path=path)
        body = await self._request(path, headers)
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise LambdaApiError(502, "ServiceException", f"{path} is not a JSON object")
        return document

    async def _request(self, path: str, headers: Mapping[str, str]) -> bytes:
        try:
            response = await self._http.request("GET", path, headers)
        except (HttpError, TimeoutError) as error:
            raise LambdaApiError(0, "ConnectionFailure", str(error) or "no answer") from error
        if response.status != 200:
            code = response.headers.get("x-amzn-errortype", "ServiceException").split(":")[0]
            text = response.body[:300].decode("utf-8", "replace")
            raise LambdaApiError(response.status, code, text)
        return response.body


def _unpack(archive: bytes, folder: Path) -> None:
    """All of it or nothing: another invocation may look for the folder meanwhile."""
    draft = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            opened.extractall(draft)
    except zipfile.BadZipFile as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise LambdaApiError(502, "ServiceException", "the code is not a zip file") from error
    try:
        draft.rename(folder)
    except OSError:  # somebody was faster
        shutil.rmtree(draft, ignore_errors=True)
