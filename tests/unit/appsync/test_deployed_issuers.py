"""How the emulator reads a deployed API's token issuers."""

from emulator.appsync.definition import TokenIssuer
from emulator.runtime.deployed.api import _token_issuer


def test_an_oidc_provider() -> None:
    config = {"issuer": "https://issuer.test", "clientId": "web|app", "iatTTL": 60_000}
    provider = {"authenticationType": "OPENID_CONNECT", "openIDConnectConfig": config}
    assert _token_issuer(provider, "http://127.0.0.1:4566") == TokenIssuer(
        "OPENID_CONNECT", "https://issuer.test", "web|app", iat_ttl_ms=60_000
    )


def test_a_user_pool_s_keys_are_where_the_pool_is() -> None:
    config = {"awsRegion": "us-west-2", "userPoolId": "us-west-2_Abc"}
    provider = {"authenticationType": "AMAZON_COGNITO_USER_POOLS", "userPoolConfig": config}
    issuer = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_Abc"
    for endpoint, base in (
        (None, issuer),
        ("http://localhost:1", "http://localhost:1/us-west-2_Abc"),
    ):
        found = _token_issuer(provider, endpoint)
        assert found == TokenIssuer(
            "AMAZON_COGNITO_USER_POOLS", issuer, None, f"{base}/.well-known/jwks.json"
        )


def test_iam_is_no_issuer() -> None:
    assert _token_issuer({"authenticationType": "AWS_IAM"}, None) is None
