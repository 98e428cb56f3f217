"""What the code calls at AWS, found in the sources: Python by its syntax, resolvers by text."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.stack import ROOT

_FUNCTIONS = ROOT / "functions"
_ADAPTERS = _FUNCTIONS / "globalws_functions" / "adapters"
_DOMAIN = _FUNCTIONS / "globalws_functions" / "domain"

Call = tuple[str, str]
"""An IAM action and what it is for: a table or queue of the template, or a field of the API."""

# Adapter classes, named as their tables in the template; boto3 calls are found in their methods.
_TABLES = frozenset({"ChannelsTable", "AuditTable", "MessagesTable", "LeasesTable", "MembersTable"})
# Adapters whose calls do not show in their syntax.
_SIGNED: dict[tuple[str, str], frozenset[Call]] = {
    ("GraphqlApi", "publish_from_bus"): frozenset({("appsync:GraphQL", "Mutation.publishFromBus")}),
    ("GraphqlApi", "publish_requested"): frozenset(
        {("appsync:GraphQL", "Mutation.publishRequested")}
    ),
    ("GraphqlApi", "unsubscribe"): frozenset({("appsync:GraphQL", "Mutation.unsubscribe")}),
    ("GraphqlApi", "disconnect"): frozenset({("appsync:GraphQL", "Mutation.disconnect")}),
    ("PresenceApi", "publish_presence"): frozenset(
        {("appsync:GraphQL", "Mutation.publishPresence")}
    ),
    ("PresenceApi", "end_presence"): frozenset(
        ("appsync:GraphQL", f"Mutation.{field}") for field in ("unsubscribe", "disconnect")
    ),
    ("PresenceApi", "announce_leave"): frozenset({("appsync:GraphQL", "Mutation.announceLeave")}),
    ("ApiKeys", "expires"): frozenset({("appsync:ListApiKeys", "apikeys")}),
    ("ApiKeys", "extend"): frozenset(
        ("appsync:UpdateApiKey", f"apikeys/${{{key}.ApiKeyId}}") for key in ("ApiKey", "ApiKeyB")
    ),
    ("DeadLetterQueue", "send"): frozenset({("sqs:SendMessage", "FunctionDeadLetterQueue")}),
}


def calls_of_function(handler: str) -> set[Call]:
    """All that functions/<handler>.py may call: what its adapters can do, where a method of that
    name is called by the handler or by the domain modules that it imports.
    """
    tree = _parse(_FUNCTIONS / f"{handler}.py")
    modules = [tree, *(_parse(_DOMAIN / f"{name}.py") for name in _imports(tree, "domain"))]
    used = {name for module in modules for name in _attributes(module)}
    found: set[Call] = set()
    for module in _imports(tree, "adapters"):
        for adapter in _classes(_parse(_ADAPTERS / f"{module}.py")):
            for method in _methods(adapter):
                if method in used:
                    found |= _calls_of_method(adapter, method)
    return found


def adapters_without_calls() -> list[str]:
    """Adapter classes in which no call was found: a sign that this module looks in vain."""
    return [
        adapter.name
        for path in sorted(_ADAPTERS.glob("*.py"))
        for adapter in _classes(_parse(path))
        if not any(_calls_of_method(adapter, method) for method in _methods(adapter))
    ]


def calls_of_resolver(path: Path) -> set[str]:
    """The IAM actions that a resolver file's operations need at its data source."""
    text = path.read_text()
    actions: set[str] = set()
    for operation in re.findall(r"operation: '(\w+)'", text):
        service = "events" if operation == "PutEvents" else "dynamodb"
        actions.add(f"{service}:{operation}")
        # When the condition of a write fails, AppSync reads the item as it is.
        if operation in ("PutItem", "UpdateItem", "DeleteItem") and "condition:" in text:
            actions.add("dynamodb:GetItem")
    return actions


def _calls_of_method(adapter: ast.ClassDef, name: str) -> set[Call]:
    signed = _SIGNED.get((adapter.name, name))
    if signed is not None:
        return set(signed)
    operations = _operations(adapter, name, set())
    return {(f"dynamodb:{operation}", adapter.name) for operation in operations}


def _operations(adapter: ast.ClassDef, name: str, seen: set[str]) -> Iterator[str]:
    """The operations of `self.dynamodb` in a method and in those of its own that it calls."""
    methods = _methods(adapter)
    if name in seen or name not in methods:
        return
    seen.add(name)
    for node in ast.walk(methods[name]):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="get_paginator"), args=[ast.Constant(value=str(operation))]
            ):
                yield _camel(operation)
            case ast.Attribute(
                value=ast.Attribute(value=ast.Name(id="self"), attr="dynamodb"), attr=operation
            ) if operation != "get_paginator":
                yield _camel(operation)
            case ast.Attribute(value=ast.Name(id="self"), attr=other):
                yield from _operations(adapter, other, seen)


def _imports(tree: ast.Module, layer: str) -> list[str]:
    prefix = f"globalws_functions.{layer}."
    return [
        node.module.removeprefix(prefix)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(prefix)
    ]


def _attributes(tree: ast.Module) -> Iterator[str]:
    return (node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))


def _classes(tree: ast.Module) -> list[ast.ClassDef]:
    known = {*_TABLES, *(name for name, _ in _SIGNED)}
    return [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name in known]


def _methods(adapter: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in adapter.body if isinstance(node, ast.FunctionDef)}


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _camel(operation: str) -> str:
    return "".join(word.capitalize() for word in operation.split("_"))
