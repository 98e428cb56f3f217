"""The optional firewall: what it counts and blocks of clients, and that the functions pass it."""

import json
from typing import Any

import pytest
import requests
from cfnlint.decode import cfn_yaml
from globalws_functions.adapters.graphql_api import GraphqlApi
from globalws_functions.adapters.signing import new_session
from requests.adapters import BaseAdapter

from tests.infrastructure.conftest import Template
from tests.infrastructure.optional import assert_fed_by_the_region_s_stack
from tests.infrastructure.waf import Request, matches
from tests.support.stack import ROOT

_PATH = ROOT / "templates" / "waf.yaml"
_URL = "https://api.test/graphql"
_REALTIME = "https://realtime.test/graphql"


@pytest.fixture
def rules() -> dict[str, Any]:
    firewall = cfn_yaml.load(str(_PATH))["Resources"]["Firewall"]["Properties"]
    assert firewall["DefaultAction"] == {"Allow": {}}
    return {rule["Name"]: rule for rule in firewall["Rules"]}


def test_what_it_asks_for_the_region_s_stack_puts_out(template: Template) -> None:
    assert_fed_by_the_region_s_stack(_PATH, template)


class _Wire(BaseAdapter):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        self.sent.append(request)
        response = requests.Response()
        response.status_code = 200
        response._content = b'{"data": {"unsubscribe": {"name": "tech"}}}'
        return response

    def close(self) -> None:
        pass


def _counts(rules: dict[str, Any], request: Request) -> bool:
    rate = rules["RatePerAddress"]["Statement"]["RateBasedStatement"]
    assert rate["AggregateKeyType"] == "IP"
    return matches(rate["ScopeDownStatement"], request)


def test_what_the_functions_send_is_not_counted(
    rules: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "test")
    wire, session = _Wire(), new_session()
    session.mount("https://", wire)
    GraphqlApi(_URL, "us-west-2", session).unsubscribe("tech")
    (sent,) = wire.sent
    assert not _counts(rules, Request(sent.url or "", dict(sent.headers)))


@pytest.mark.parametrize(
    "request_",
    [
        Request(_URL, {"X-Api-Key": "da2-key"}),
        Request(f"{_REALTIME}?header=eyJob3N0IjoiYSJ9&payload=e30="),
        Request(_REALTIME, {"Sec-WebSocket-Protocol": "graphql-ws, header-eyJob3N0IjoiYSJ9"}),
    ],
    ids=["a request", "a handshake by its query", "a handshake by its subprotocol"],
)
def test_what_a_key_s_holder_sends_is_counted(rules: dict[str, Any], request_: Request) -> None:
    assert _counts(rules, request_)


@pytest.mark.parametrize(
    "request_",
    [Request(_URL, {"Authorization": "eyJhbGciOi.token"}), Request(_URL), Request(_URL + "?a=b")],
    ids=["a token", "nothing", "another argument"],
)
def test_what_has_no_key_is_not_counted(rules: dict[str, Any], request_: Request) -> None:
    assert not _counts(rules, request_)


def test_who_is_too_fast_is_told_to_come_later(rules: dict[str, Any]) -> None:
    """Clients give up on 403, and come again after 429."""
    response = rules["RatePerAddress"]["Action"]["Block"]["CustomResponse"]
    assert response == {"ResponseCode": 429}


def test_the_common_rules_block_no_message_and_no_handshake(rules: dict[str, Any]) -> None:
    """Those of AWS's list that look at a body, at a query string's length, or for a user agent."""
    group = rules["CommonRules"]["Statement"]["ManagedRuleGroupStatement"]
    assert (group["VendorName"], group["Name"]) == ("AWS", "AWSManagedRulesCommonRuleSet")
    counted = {
        each["Name"]
        for each in group["RuleActionOverrides"]
        if json.loads(json.dumps(each["ActionToUse"])) == {"Count": {}}
    }
    assert counted == {
        "SizeRestrictions_BODY",
        "EC2MetaDataSSRF_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
        "CrossSiteScripting_BODY",
        "SizeRestrictions_QUERYSTRING",
        "NoUserAgent_HEADER",
    }


def test_no_key_is_kept_in_samples(rules: dict[str, Any]) -> None:
    for rule in rules.values():
        assert rule["VisibilityConfig"]["SampledRequestsEnabled"] is False
