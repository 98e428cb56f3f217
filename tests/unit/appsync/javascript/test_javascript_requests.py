"""Subscription filters and DynamoDB requests, in the shapes that AWS documents."""

from typing import Any

import pytest

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript import Context, load
from emulator.appsync.javascript.surface import MODULES

HEAD = (
    "import { util, runtime, extensions } from '@aws-appsync/utils';"
    "import * as ddb from '@aws-appsync/utils/dynamodb';"
    "import { operations as ops } from '@aws-appsync/utils/dynamodb';"
)


def value(expression: str) -> Any:
    code = (
        f"{HEAD}export function request(ctx) {{ return {expression}; }}"
        "export const response = () => 1;"
    )
    evaluation = load(SourceFile("x.js", code), {}).request(Context())
    assert evaluation.error is None, evaluation.error
    return evaluation.result


def groups(expression: str) -> list[str]:
    """Each filter of the group as `field operator value & …`."""
    result = value(f"util.transform.toSubscriptionFilter({expression})")
    return [
        " & ".join(f"{r['fieldName']} {r['operator']} {r['value']}" for r in one["filters"])
        for one in result["filterGroup"]
    ]


GUIDE = (
    "{ percentageUp: { lte: 50, gte: 20 }, and: [{ title: { ne: 'Book1' } },"
    " { downvotes: { gt: 20 } }],"
    " or: [{ author: { eq: 'Admin' } }, { isPublished: { eq: false } }] }"
)


def test_filter_of_the_guide() -> None:
    assert groups(GUIDE) == [
        f"percentageUp {percentage} & title ne Book1 & downvotes gt 20 & {last}"
        for percentage in ("lte 50", "gte 20")
        for last in ("author eq Admin", "isPublished eq False")
    ]


def test_ignored_fields_and_rules_of_the_guide() -> None:
    ignored = "['percentageUp', 'author']"
    rest = "title ne Book1 & downvotes gt 20 & isPublished eq False"
    assert groups(f"{GUIDE}, {ignored}") == [rest]
    rules = "{ upvotes: { gte: 250 }, author: { eq: 'Person1' } }"
    assert groups(f"{GUIDE}, {ignored}, {rules}") == [
        f"{rest} & upvotes gte 250",
        f"{rest} & author eq Person1",
    ]


def test_nested_filters() -> None:
    nested = "{ and: [{ a: { eq: 1 } }, { or: [{ b: { in: [1, 2] } }, { c: { eq: 2 } }] }] }"
    assert groups(nested) == ["a eq 1 & b in [1, 2]", "a eq 1 & c eq 2"]


def test_filter_shape() -> None:
    assert value("util.transform.toSubscriptionFilter({ name: { eq: 'tech' } })") == {
        "filterGroup": [{"filters": [{"fieldName": "name", "operator": "eq", "value": "tech"}]}]
    }


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ddb.get({ key: { id: 'a' } })", {"operation": "GetItem", "key": {"id": {"S": "a"}}}),
        (
            "ddb.get({ key: { id: 1 }, consistentRead: true, projection: ['a', 'b.c'] })",
            {
                "operation": "GetItem",
                "key": {"id": {"N": 1}},
                "consistentRead": True,
                "projection": {
                    "expression": "#a, #b.#c",
                    "expressionNames": {"#a": "a", "#b": "b", "#c": "c"},
                },
            },
        ),
        (
            "ddb.put({ key: { id: 'a' }, item: { n: 1 },"
            " condition: { id: { attributeExists: false } } })",
            {
                "operation": "PutItem",
                "key": {"id": {"S": "a"}},
                "attributeValues": {"n": {"N": 1}},
                "condition": {
                    "expression": "attribute_not_exists(#id)",
                    "expressionNames": {"#id": "id"},
                },
            },
        ),
        (
            "ddb.remove({ key: { id: 'a' }, condition: { owner: { eq: 'o' } }, _version: 2 })",
            {
                "operation": "DeleteItem",
                "key": {"id": {"S": "a"}},
                "condition": {
                    "expression": "#owner = :owner_eq",
                    "expressionNames": {"#owner": "owner"},
                    "expressionValues": {":owner_eq": {"S": "o"}},
                },
                "_version": 2,
            },
        ),
        (
            "ddb.query({ query: { name: { eq: 'tech' }, id: { gt: 'x' } }, limit: 5,"
            " scanIndexForward: false, nextToken: null })",
            {
                "operation": "Query",
                "query": {
                    "expression": "(#name = :name_eq) AND (#id > :id_gt)",
                    "expressionNames": {"#name": "name", "#id": "id"},
                    "expressionValues": {":name_eq": {"S": "tech"}, ":id_gt": {"S": "x"}},
                },
                "limit": 5,
                "scanIndexForward": False,
            },
        ),
        ("ddb.scan({ limit: 10, filter: {} })", {"operation": "Scan", "limit": 10}),
    ],
)
def test_requests(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("update", "expression", "values"),
    [
        (
            "{ a: 1, b: { c: 'x' } }",
            "SET #a = :a, #b.#c = :b_c",
            {":a": {"N": 1}, ":b_c": {"S": "x"}},
        ),
        ("{ n: ops.increment(10) }", "SET #n = #n + :n", {":n": {"N": 10}}),
        ("{ n: ops.decrement() }", "SET #n = #n - :n", {":n": {"N": 1}}),
        ("{ l: ops.append([1]) }", "SET #l = list_append(#l, :l)", {":l": {"L": [{"N": 1}]}}),
        ("{ l: ops.prepend([1]) }", "SET #l = list_append(:l, #l)", {":l": {"L": [{"N": 1}]}}),
        ("{ a: ops.replace({ b: 1 }) }", "SET #a = :a", {":a": {"M": {"b": {"N": 1}}}}),
        ("{ a: ops.add({ b: 1 }) }", "SET #a = :a", {":a": {"M": {"b": {"N": 1}}}}),
        (
            "{ l: [ops.updateListItem('x', 1), ops.updateListItem('y', 2)] }",
            "SET #l[1] = :l, #l[2] = :l_2",
            {":l": {"S": "x"}, ":l_2": {"S": "y"}},
        ),
        ("{ a: ops.remove(), b: 1 }", "SET #b = :b REMOVE #a", {":b": {"N": 1}}),
    ],
)
def test_update(update: str, expression: str, values: Any) -> None:
    request = value(f"ddb.update({{ key: {{ id: 1 }}, update: {update} }})")
    assert request["operation"] == "UpdateItem"
    assert request["update"]["expression"] == expression
    assert request["update"]["expressionValues"] == values


@pytest.mark.parametrize(
    ("condition", "expression"),
    [
        ("{ a: { ne: 1, le: 2 } }", "(#a <> :a_ne) AND (#a <= :a_le)"),
        ("{ a: { between: [1, 2] } }", "#a BETWEEN :a_between_from AND :a_between_to"),
        ("{ a: { in: [1, 2] } }", "#a IN (:a_in_0, :a_in_1)"),
        ("{ a: { notContains: 'x' } }", "NOT contains(#a, :a_notContains)"),
        ("{ a: { beginsWith: 'x' } }", "begins_with(#a, :a_beginsWith)"),
        ("{ a: { attributeType: 'string' } }", "attribute_type(#a, :a_attributeType)"),
        ("{ a: { size: { gt: 1 } } }", "size(#a) > :a_size_gt"),
        ("{ or: [{ a: { eq: 1 } }, { a: { eq: 2 } }] }", "(#a = :a_eq) OR (#a = :a_eq_2)"),
        ("{ not: { a: { eq: 1 } }, b: null }", "NOT (#a = :a_eq)"),
        ("{ a: { b: { eq: 1 } } }", "#a.#b = :a_b_eq"),
    ],
)
def test_conditions(condition: str, expression: str) -> None:
    request = value(f"ddb.scan({{ filter: {condition} }})")
    assert request["filter"]["expression"] == expression


def test_every_name_that_can_be_imported_is_there() -> None:
    for module, listed in MODULES.items():
        names = ", ".join(sorted(listed.names))
        code = f"import {{ {names} }} from '{module}';\n"
        code += f"export function request() {{ return [{names}].map((one) => typeof one); }}\n"
        code += "export const response = () => 1;"
        types = load(SourceFile("x.js", code), {}).request(Context()).result
        assert set(types) <= {"function", "object"}
        assert len(types) == len(listed.names)
