"""A proxy in front of the local AWS that records the IAM action of each request."""

import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]*/([^/]+)/aws4_request")
_PREFIX = {"monitoring": "cloudwatch"}
# Operations whose IAM action has another name.
_NAMES = {
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "lambda:Invoke": "lambda:InvokeFunction",
}
# Every identity may do this without a policy.
_FREE = frozenset({"sts:GetCallerIdentity"})
_S3 = {
    ("GET", False): "s3:ListBucket",
    ("HEAD", False): "s3:ListBucket",
    ("PUT", False): "s3:CreateBucket",
    ("DELETE", False): "s3:DeleteBucket",
    ("GET", True): "s3:GetObject",
    ("HEAD", True): "s3:GetObject",
    ("PUT", True): "s3:PutObject",
    ("POST", True): "s3:PutObject",
    ("DELETE", True): "s3:DeleteObject",
}


def action_of(method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    """The IAM action that a signed request to AWS needs, `service:Operation`.

    Raises:
        ValueError: the request is not signed, or its protocol is unknown.
    """
    scope = _SCOPE.search(headers.get("authorization", ""))
    if scope is None:
        raise ValueError(f"{method} {path} is not signed")
    service = _PREFIX.get(scope.group(1), scope.group(1))
    operation = _operation(service, method, path, headers, body)
    action = f"{service}:{operation}"
    return _NAMES.get(action, action)


def _operation(service: str, method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    url = urlsplit(path)
    if "x-amz-target" in headers:
        return headers["x-amz-target"].rsplit(".", 1)[1]
    if "/operation/" in url.path:
        return url.path.rsplit("/", 1)[1]
    if service == "s3":
        if method == "POST" and "delete" in url.query:
            return "DeleteObject"
        return _S3[method, "/" in url.path.strip("/")].removeprefix("s3:")
    if service == "lambda" and url.path.endswith("/invocations"):
        return "Invoke"
    form = parse_qs(body.decode(errors="replace"))
    if "Action" in form:
        return form["Action"][0]
    raise ValueError(f"which operation of {service} is {method} {path}?")


class Recorder:
    """The proxy's address, and the actions so far."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.actions: set[str] = set()
        self.problems: list[str] = []

    def note(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        """Record one request's action."""
        try:
            action = action_of(method, path, headers, body)
        except (KeyError, ValueError) as error:
            self.problems.append(str(error))
            return
        if action not in _FREE:
            self.actions.add(action)


@contextmanager
def recording(upstream: str) -> Iterator[Recorder]:
    """Run the proxy in front of `upstream` for the duration of the block."""
    host = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass_on(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            recorder.note(self.command, self.path, headers, body)
            connection = http.client.HTTPConnection(host, timeout=120)
            try:
                sent = {k: v for k, v in headers.items() if k not in ("connection", "expect")}
                connection.request(self.command, self.path, body, sent)
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            # An answer to HEAD has a length, but no body.
            length = answer.getheader("content-length") if self.command == "HEAD" else None
            self.send_header("Content-Length", length or str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815 - http.server's

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recorder = Recorder(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True, name="recorder")
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
