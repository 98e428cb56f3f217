"""Keeps other web pages out, and this page in bounds: what every request and answer goes through.

A page of another site can make the reader's browser call 127.0.0.1. It cannot choose the `Host`
that the browser sends (DNS rebinding brings a foreign one), nor its `Origin`, nor send JSON to
another origin without asking first, which nothing here allows.
"""

from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


def content_security_policy(connect_to: Iterable[str]) -> str:
    """What the page may do: its own files, and connections to the regions' endpoints."""
    origins = sorted({_origin(url) for url in connect_to})
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            " ".join(("connect-src 'self'", *origins)),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def guard(port: int, policy: str) -> Middleware:
    """The middleware of a server on this port of the loopback."""
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
    origins = {f"http://{host}" for host in hosts}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = _refusal(request, hosts, origins)
        if refusal is not None:
            return refusal
        try:
            response = await handler(request)
        except web.HTTPException as error:
            response = error_response(error.status, error.reason, error.reason)
        response.headers.update(
            {
                "Content-Security-Policy": policy,
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
                "Cross-Origin-Opener-Policy": "same-origin",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            }
        )
        return response

    return guarded


def error_response(status: int, kind: str, message: str) -> web.Response:
    """An error as the region processes write theirs."""
    return web.json_response({"error": {"type": kind, "message": message}}, status=status)


def _refusal(request: web.Request, hosts: set[str], origins: set[str]) -> web.Response | None:
    if request.headers.get(hdrs.HOST) not in hosts:
        return error_response(403, "ForeignHost", "call this server by 127.0.0.1 or localhost")
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and origin not in origins:
        return error_response(403, "ForeignOrigin", f"{origin} may not call this server")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        return error_response(403, "ForeignOrigin", "another site may not call this server")
    if request.method not in _SAFE and request.content_type != "application/json":
        return error_response(415, "InvalidRequest", "send application/json")
    return None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
