"""The rules of channels: listed, and explained as the API decides."""

import pytest
from globalws_functions.domain.channel_patterns import covering
from globalws_functions.domain.channel_rules import (
    OPERATIONS,
    PROBE,
    Caller,
    Kind,
    Rule,
    Source,
    decide,
)
from hypothesis import given
from hypothesis import strategies as st

from cli.domain.access import User, explanation, operators_rule, token_grants
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import FakeDeployment

WEST, SYDNEY = "us-west-2", "ap-southeast-2"


def _decided(deployment: FakeDeployment, name: str, **item: object) -> None:
    for region in deployment.regions.values():
        region.decided[name] = {"reason": "why", "updatedAt": "2026-11-23T10:15:00.000Z", **item}


def _deployed(deployment: FakeDeployment, allowed_channels: str) -> None:
    for region in deployment.regions.values():
        region.stack["AllowedChannels"] = allowed_channels


def test_list_shows_patterns_and_levels_of_all_pages(deployment: FakeDeployment, run: Run) -> None:
    _deployed(deployment, "cars,chat:*=signed-in/anyone")
    _decided(deployment, "chat:*", allowed=True)  # its levels stay the deployment's
    _decided(deployment, "news", allowed=True, publish="group:editors")
    for number in range(1_200):
        _decided(deployment, f"n:{number}", allowed=False)
    document = run("channels", "list", "--json").document
    rows = {row["name"]: row for row in document["channels"]}
    assert len(rows) == 1_203
    assert all(row["agreed"] for row in rows.values())
    for name, allowed, publish, subscribe, source in (
        ("cars", True, None, None, "AllowedChannels"),
        ("chat:*", True, "signed-in", "anyone", "operator"),
        ("news", True, "group:editors", None, "operator"),
        ("n:7", False, None, None, "operator"),
    ):
        shown = rows[name]["regions"][SYDNEY]
        assert (shown["allowed"], shown["publish"], shown["subscribe"], shown["source"]) == (
            allowed, publish, subscribe, source
        )  # fmt: skip
    assert PROBE not in rows


def test_regions_that_differ_in_a_level_do_not_agree(deployment: FakeDeployment, run: Run) -> None:
    _decided(deployment, "chat:*", allowed=True, publish="signed-in")
    deployment.regions[SYDNEY].decided["chat:*"]["publish"] = "anyone"
    rows = run("channels", "list", "--json").document["channels"]
    assert {row["name"]: row["agreed"] for row in rows}["chat:*"] is False


def test_a_reset_rule_is_no_rule(deployment: FakeDeployment, run: Run) -> None:
    _decided(deployment, "news", decision="2026#x#as-deployed")
    rows = run("channels", "list", "--json").document["channels"]
    assert [row["name"] for row in rows] == ["cars", "tech"]


def _explained(run: Run, *arguments: str) -> dict[str, dict[str, object]]:
    ran = run("channels", "explain", *arguments, "--json")
    assert ran.code == 0, ran.err
    rows = ran.document["regions"]
    assert {row["region"] for row in rows} == {WEST, SYDNEY}
    return {row["operation"]: row for row in rows if row["region"] == WEST}


def test_explain_says_which_rule_decides(deployment: FakeDeployment, run: Run) -> None:
    _deployed(deployment, "chat:*=signed-in/anyone,user:{user}:*=signed-in")
    _decided(deployment, "chat:spam:*", allowed=False)
    _decided(deployment, "chat:42", allowed=True, publish="granted")
    anyone = _explained(run, "chat:1")
    assert anyone["publish"]["errorType"] == "AccessDenied"
    assert anyone["publish"]["levelRule"] == {"pattern": "chat:*", "source": "AllowedChannels"}
    assert anyone["subscribe"]["allowed"] is True
    assert _explained(run, "chat:1", "--user", "al")["publish"]["allowed"] is True
    blocked = _explained(run, "chat:spam:1", "--iam")["publish"]
    assert blocked["errorType"] == "ChannelBlocked"
    assert blocked["why"] == "rule chat:spam:* of an operator blocks it: why"
    assert _explained(run, "news")["publish"]["errorType"] == "ChannelNotAllowed"
    assert _explained(run, "user:al:inbox", "--user", "al")["publish"]["allowed"] is True
    assert _explained(run, "user:al:inbox", "--user", "bo")["publish"]["allowed"] is False
    assert _explained(run, "user:al:inbox", "--iam")["publish"]["allowed"] is True
    granted = _explained(
        run, "chat:42", "--user", "al", "--grants", '{"chat:*": ["publish"]}'
    )["publish"]  # fmt: skip
    assert (granted["allowed"], granted["grant"]) == (True, "chat:*")
    assert _explained(run, "chat:42", "--user", "al")["publish"]["allowed"] is False
    only = run("channels", "explain", "chat:42", "--operation", "subscribe", "--region", WEST)
    assert "yes" in only.out
    assert "rule chat:* of AllowedChannels says subscribe is for anyone" in only.out


def test_explain_knows_what_operators_decided_about_the_user(
    deployment: FakeDeployment, run: Run
) -> None:
    _deployed(deployment, "orders:*=granted")
    grants = {"orders:42": {"operations": {"subscribe"}}, "orders:1": {"operations": []}}
    _decided(deployment, "#user:al", grants=grants)
    assert _explained(run, "orders:42", "--user", "al")["subscribe"]["grant"] == "orders:42"
    assert _explained(run, "orders:1", "--user", "al")["subscribe"]["errorType"] == "AccessDenied"
    _decided(deployment, "#user:al", allowed=False, grants=grants)
    blocked = _explained(run, "orders:42", "--user", "al")["subscribe"]
    assert (blocked["errorType"], blocked["why"]) == ("UserBlocked", "user al is blocked: why")


@pytest.mark.parametrize(
    "arguments",
    [
        ("chat:1", "--iam", "--user", "al"),
        ("chat:1", "--group", "editors"),
        ("chat::1",),
        ("chat:1", "--operation", "read"),
        ("chat:1", "--user", "iam:x"),
    ],
)
def test_a_caller_that_cannot_be_is_refused(
    deployment: FakeDeployment, run: Run, arguments: tuple[str, ...]
) -> None:
    assert run("channels", "explain", *arguments).code == 2


@pytest.mark.parametrize(
    ("claim", "what"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ('{"a::b": ["publish"]}', "'a::b' is not a pattern"),
        ('{"a": "publish"}', "not a list"),
        ('{"a": ["read"]}', "not a list of publish, subscribe, presence"),
        ('{"a": [1]}', "not a list"),
    ],
)
def test_a_malformed_claim_is_named_and_grants_nothing(
    deployment: FakeDeployment, run: Run, claim: str, what: str
) -> None:
    with pytest.raises(ValueError, match=what):
        token_grants(claim)
    ran = run("channels", "explain", "tech", "--user", "al", "--grants", claim, "--json")
    assert ran.document["caller"]["grants"] == {}
    assert what in ran.err


def test_allow_carries_levels_and_says_what_is_open_now(
    deployment: FakeDeployment, run: Run
) -> None:
    levels = ("--publish", "signed-in", "--subscribe", "group:editors")
    ran = run("channels", "allow", "news", *levels, "--reason", "launch", "--json")
    assert ran.code == 0
    assert (ran.document["publish"], ran.document["subscribe"]) == ("signed-in", "group:editors")
    assert ran.document["regions"][0]["why"].startswith("news is allowed now")
    _decided(deployment, "*", allowed=False)
    ran = run("channels", "allow", "news", "--reason", "x", "--json")
    assert ran.document["regions"][0]["why"].startswith("news is not allowed now")


@pytest.mark.parametrize(
    "arguments",
    [
        ("channels", "allow", "a::b"),
        ("channels", "allow", "chat:*:x"),
        ("channels", "allow", "tech", "--publish", "member"),
        ("channels", "allow", "tech", "--subscribe", "group:"),
        ("purge",),
        ("purge", "tech", "--user", "al"),
        ("purge", "--user", "al", "--block"),
        ("purge", "--user", "al", "--delete-history"),
        ("purge", "chat:*", "--delete-history"),
        ("audit", "tech", "--user", "al"),
    ],
)
def test_what_means_nothing_is_wrong_usage(
    deployment: FakeDeployment, run: Run, arguments: tuple[str, ...]
) -> None:
    reason = () if arguments[0] == "audit" else ("--reason", "x", "--yes")
    assert run(*arguments, *reason).code == 2
    assert all(region.events == [] for region in deployment.regions.values())


def test_names_of_older_versions_stay_manageable(deployment: FakeDeployment, run: Run) -> None:
    for command in (("channels", "block"), ("channels", "reset"), ("purge",)):
        ran = run(*command, "a::b", "--reason", "old", "--yes", "--json")
        assert ran.code == 0, ran.err
    records = run("audit", "a::b", "--json").document["records"]
    assert {record["action"] for record in records} == {"block", "reset", "purge"}


LEVELS = st.sampled_from(["anyone", "signed-in", "granted", "group:editors"])
PATTERNS = st.sampled_from(["a:b", "a:*", "a:{user}", "*", "c"])
RULES = st.lists(
    st.builds(
        Rule,
        PATTERNS,
        st.booleans(),
        st.none() | LEVELS,
        st.none() | LEVELS,
        st.just("r"),
        st.sampled_from(Source),
    ),
    max_size=5,
)
CALLERS = st.builds(
    Caller,
    st.sampled_from(Kind),
    st.none() | st.sampled_from(["b", "al"]),
    st.frozensets(st.just("editors")),
    st.lists(st.tuples(PATTERNS.filter(lambda p: "{" not in p), st.just(("publish",)))),
    st.none() | st.just("spam"),
)


@given(st.sampled_from(["a:b", "a:*", "c"]), st.sampled_from(OPERATIONS), CALLERS, RULES)
def test_every_verdict_is_explained_by_what_decided_it(
    name: str, operation: str, caller: Caller, rules: list[Rule]
) -> None:
    verdict = decide(name, operation, caller, rules)
    why = explanation(name, operation, caller, verdict)
    assert why
    decisive = verdict.level_rule or verdict.rule
    if verdict.error_type not in ("UserBlocked", "ChannelNotAllowed") and decisive is not None:
        assert decisive.pattern in why or "takes a grant" in why
    if verdict.grant is not None:
        assert verdict.grant in why


def test_items_of_the_table_are_read_and_no_others() -> None:
    assert operators_rule({"name": "#janitor", "allowed": True}) is None
    assert operators_rule({"name": "#user:al", "allowed": False}) is None
    assert operators_rule({"name": "tech", "known": True}) is None
    rule = operators_rule({"name": "tech", "allowed": True, "publish": "member"})
    assert rule is not None
    assert not rule.allowed  # a level that cannot be read opens nothing
    assert User.parse({"name": "tech", "allowed": False}) is None
    assert covering("a:b")[0] == "a:b"
