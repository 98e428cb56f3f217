"""A local issuer of tokens: its keys, the routes that publish them, valid and invalid tokens."""

import json
import time
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


class LocalIssuer:
    """An OpenID Connect issuer at `url`, with one RSA key."""

    def __init__(self, url: str, key_id: str = "key-1") -> None:
        self.url = url
        self.key_id = key_id
        self.asked = 0
        self._key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)

    def keys(self) -> dict[str, Any]:
        """Its public keys, as a JWK set."""
        public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}

    def token(self, *, key_id: str | None = None, **claims: Any) -> str:
        """A signed token, valid for a minute; a claim that is None is left out."""
        now = int(time.time())
        all_claims = {
            "iss": self.url,
            "sub": "user-1",
            "aud": "client-1",
            "iat": now,
            "exp": now + 60,
            **claims,
        }
        kept = {name: value for name, value in all_claims.items() if value is not None}
        return jwt.encode(kept, self._key, "RS256", headers={"kid": key_id or self.key_id})

    def add_routes(self, app: web.Application) -> None:
        """Discovery and keys, below `/issuer`."""
        app.router.add_get("/issuer/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/issuer/keys", self._answer_keys)

    async def _discovery(self, _: web.Request) -> web.Response:
        return web.json_response({"issuer": self.url, "jwks_uri": f"{self.url}/keys"})

    async def _answer_keys(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response(self.keys())
