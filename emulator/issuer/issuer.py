"""The issuer's users and key, and the tokens that it signs."""

import json
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ALGORITHM = "RS256"
CLIENT_ID = "globalws-local"
TOKEN_SECONDS = 3600
# Each user's own claims. The name of the groups' claim is the template's default (GroupsClaim).
USERS: Mapping[str, Mapping[str, Any]] = {
    "alice": {},
    "bob": {},
    "erin": {"cognito:groups": ["editors"]},
}


class Issuer:
    """An issuer at `url`, with an RSA key of its own.

    Each issuer has a new key. A server that has the keys of an earlier one fetches them again,
    because it does not know the new key's id.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        # A part of the key's own number: unique, and the same for as long as the key.
        self.key_id = public["n"][:16]
        self._public = {**public, "kid": self.key_id, "use": "sig", "alg": ALGORITHM}

    def discovery(self) -> dict[str, Any]:
        """The document at `/.well-known/openid-configuration` below `url`."""
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint": f"{self.url}/token",
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }

    def keys(self) -> dict[str, Any]:
        """The public keys, as a JWK set."""
        return {"keys": [self._public]}

    def token(self, user: str, *, key_id: str | None = None, **claims: Any) -> str:
        """A signed token of any user, valid for an hour.

        Args:
            user: becomes the claim `sub`.
            key_id: the key that the token names, if not the real one.
            claims: replace or extend the usual ones. One that is None is left out.
        """
        now = int(time.time())
        usual = {
            "iss": self.url,
            "sub": user,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }
        kept = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(kept, self._key, ALGORITHM, headers={"kid": key_id or self.key_id})
