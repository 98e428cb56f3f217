"""The issuer's routes, on loopback.

| route, below `/issuer` | answer |
|---|---|
| `GET /.well-known/openid-configuration` | where the keys are |
| `GET /keys` | the public keys |
| `POST /token` | a token of a user |

The form of `/token` has `user`, and may have `claims`, a JSON object of claims to add. There are no
passwords: every program on this machine can be any user. The web client is the only web page that
may ask.
"""

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web
from globalws_functions.domain.json_text import read_json

from .issuer import TOKEN_SECONDS, USERS, Issuer

PATH = "/issuer"
_MAX_BODY = 65_536

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_routes(app: web.Application, issuer: Issuer) -> None:
    """Adds the routes of the table above."""

    async def discovery(_: web.Request) -> web.Response:
        return web.json_response(issuer.discovery())

    async def keys(_: web.Request) -> web.Response:
        return web.json_response(issuer.keys())

    async def token(request: web.Request) -> web.Response:
        form = await request.post()
        user = form.get("user")
        if not isinstance(user, str) or user not in USERS:
            return _refused(f"user: one of {', '.join(USERS)}")
        try:
            claims = read_json(str(form.get("claims", "{}")))
        except ValueError:
            claims = None
        if not isinstance(claims, dict) or "user" in claims or "key_id" in claims:
            return _refused("claims: a JSON object, without user and key_id")
        signed = issuer.token(user, **{**USERS[user], **claims})
        return web.json_response(
            {"access_token": signed, "token_type": "Bearer", "expires_in": TOKEN_SECONDS},
            headers={"Cache-Control": "no-store"},
        )

    app.router.add_get(f"{PATH}/.well-known/openid-configuration", discovery)
    app.router.add_get(f"{PATH}/keys", keys)
    app.router.add_post(f"{PATH}/token", token)


def application(issuer: Issuer, port: int, pages: frozenset[str]) -> web.Application:
    """The server of the issuer at this port.

    Args:
        pages: the origins of the web pages that may ask.
    """
    hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}

    @web.middleware
    async def guarded(request: web.Request, handler: _Handler) -> web.StreamResponse:
        origin = request.headers.get(hdrs.ORIGIN)
        if request.headers.get(hdrs.HOST) not in hosts or (origin and origin not in pages):
            return _refused("another site may not call this server", 403)
        response = await handler(request)
        if origin:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            response.headers[hdrs.VARY] = hdrs.ORIGIN
        return response

    app = web.Application(client_max_size=_MAX_BODY, middlewares=[guarded])
    add_routes(app, issuer)
    return app


def _refused(why: str, status: int = 400) -> web.Response:
    return web.json_response({"error": "invalid_request", "error_description": why}, status=status)
