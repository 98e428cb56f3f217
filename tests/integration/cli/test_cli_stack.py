def test_rules_of_a_pattern_are_in_force_in_every_region_as_explained(stack: LocalStack) -> None:
    levels = ("--publish", "signed-in", "--subscribe", "anyone")
    allowed = ("channels", "allow", "cli:*", *levels, "--reason", "test", "--timeout", "90")
    code, document = globalws(stack, *allowed)
    assert (code, states(document)) == (0, {"confirmed"})
    _, listed = globalws(stack, "channels", "list")
    (row,) = [each for each in listed["channels"] if each["name"] == "cli:*"]
    assert row["agreed"]
    assert row["regions"][SYDNEY]["publish"] == "signed-in"
    _, explained = globalws(stack, "channels", "explain", "cli:a")
    decided = {(each["region"], each["operation"]): each for each in explained["regions"]}
    for region in (WEST, SYDNEY):
        assert decided[region, "subscribe"]["allowed"]
        refused = decided[region, "publish"]
        assert refused["levelRule"] == {"pattern": "cli:*", "source": "operator"}
        code, text = globalws(stack, "publish", "cli:a", "hi", "--region", region)
        assert code == 4
        assert refused["errorType"] in text
    code, document = globalws(stack, "purge", "cli:*", "--reason", "test", "--yes", "--block")
    assert (code, states(document)) == (0, {"confirmed"})
    _, explained = globalws(stack, "channels", "explain", "cli:a", "--iam")
    assert {each["errorType"] for each in explained["regions"]} == {"ChannelBlocked"}
    code, document = globalws(stack, "channels", "reset", "cli:*", "--reason", "test", "--yes")
    assert (code, states(document)) == (0, {"confirmed"})
    _, explained = globalws(stack, "channels", "explain", "cli:a", "--iam")
    assert {each["allowed"] for each in explained["regions"]} == {False}


def test_users_are_blocked_and_granted_in_every_region(stack: LocalStack) -> None:
    who = "cli-user"
    wait = ("--reason", "test", "--timeout", "90", "--yes")
    for arguments in (
        ("users", "grant", who, "tech", "publish", "subscribe"),
        ("users", "block", who),
        ("purge", "--user", who),
    ):
        code, document = globalws(stack, *arguments, *wait)
        assert (code, states(document)) == (0, {"confirmed"}), document
    _, listed = globalws(stack, "users", "list")
    (row,) = [each for each in listed["users"] if each["user"] == who]
    assert row["agreed"]
    assert row["regions"][SYDNEY]["blocked"]
    assert row["regions"][WEST]["grants"] == {"tech": ["publish", "subscribe"]}
    _, explained = globalws(stack, "channels", "explain", "tech", "--user", who)
    assert {each["errorType"] for each in explained["regions"]} == {"UserBlocked"}
    for arguments in (("users", "allow", who), ("users", "revoke", who, "tech")):
        code, document = globalws(stack, *arguments, *wait)
        assert (code, states(document)) == (0, {"confirmed"}), document
    _, listed = globalws(stack, "users", "list")
    assert who not in {each["user"] for each in listed["users"]}
    _, audit = globalws(stack, "audit", "--user", who)
    actions = {each["action"] for each in audit["records"]}
    assert actions == {"grant", "block", "purge", "allow", "revoke"}
