"""What APPSYNC_JS has: globals, methods, `util`, and which part of it this runtime has.

Source: AppSync's guide, "JavaScript runtime features for resolvers and functions" and "Built-in
utilities". `includes` and `substring` are not in the guide's list; AWS's lint, which lists what is
missing, lets them pass, and AWS's samples use them.
"""

from collections.abc import Mapping

UTILS_MODULE = "@aws-appsync/utils"
DYNAMODB_MODULE = "@aws-appsync/utils/dynamodb"


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


class Namespace:
    """An object of the runtime: members that are here, and documented ones that are not."""

    def __init__(
        self,
        name: str,
        functions: str = "",
        children: Mapping[str, "Namespace"] | None = None,
        absent: str = "",
    ) -> None:
        self.name = name
        self.functions = words(functions)
        self.children = dict(children or {})
        self.absent = words(absent)

    def problem(self, member: str) -> str | None:
        """Why a member cannot be used; None if it can."""
        if member in self.functions or member in self.children:
            return None
        if member in self.absent:
            return f"{self.name}.{member} is documented by AWS but not part of this local runtime"
        return f"{self.name}.{member} does not exist in APPSYNC_JS"


UTIL = Namespace(
    "util",
    "error appendError unauthorized autoId autoUlid autoKsuid matches base64Encode base64Decode"
    " urlEncode urlDecode escapeJavaScript authType",
    {
        "time": Namespace(
            "util.time",
            "nowISO8601 nowEpochSeconds nowEpochMilliSeconds nowFormatted"
            " parseFormattedToEpochMilliSeconds parseISO8601ToEpochMilliSeconds"
            " epochMilliSecondsToSeconds epochMilliSecondsToISO8601 epochMilliSecondsToFormatted",
        ),
        "dynamodb": Namespace(
            "util.dynamodb",
            "toDynamoDB toString toStringSet toNumber toNumberSet toBinary toBinarySet toBoolean"
            " toNull toList toMap toMapValues toS3Object fromS3ObjectJson",
        ),
        "transform": Namespace(
            "util.transform",
            "toSubscriptionFilter toDynamoDBFilterExpression toDynamoDBConditionExpression",
            absent="toElasticsearchQueryDSL",
        ),
        "math": Namespace("util.math", "roundNum minVal maxVal randomDouble randomWithinRange"),
        "str": Namespace("util.str", "normalize"),
        "http": Namespace(
            "util.http", "copyHeaders", absent="addResponseHeader addResponseHeaders"
        ),
    },
    absent="rds xml",
)
RUNTIME = Namespace("runtime", "earlyReturn")
EXTENSIONS = Namespace(
    "extensions",
    "setSubscriptionFilter setSubscriptionInvalidationFilter invalidateSubscriptions",
    absent="evictFromApiCache",
)
UTILS = Namespace(
    UTILS_MODULE, children={"util": UTIL, "runtime": RUNTIME, "extensions": EXTENSIONS}
)
DYNAMODB = Namespace(
    DYNAMODB_MODULE,
    "get put update remove query scan toStringSet toNumberSet toBinarySet",
    {
        "operations": Namespace(
            "operations",
            "add remove replace increment decrement append prepend updateListItem",
        )
    },
    absent="sync batchGet batchPut batchDelete transactGet transactWrite",
)
MODULES = {UTILS_MODULE: UTILS, DYNAMODB_MODULE: DYNAMODB}
ABSENT_MODULES = frozenset({"@aws-appsync/utils/rds", "@aws-appsync/utils/ai"})

# Globals that may stand only before a dot.
BUILT_INS = {
    name: Namespace(name, functions)
    for name, functions in {
        "Object": "assign entries hasOwn keys values",
        "String": "raw",
        "Number": "isFinite isNaN",
        "Math": "random min max round floor ceil",
        "JSON": "parse stringify",
        "console": "log error",
    }.items()
}
GLOBAL_NAMESPACES = {**UTILS.children, **BUILT_INS}
GLOBAL_CONSTANTS = frozenset({"NaN", "Infinity", "undefined"})

CONTEXT_MEMBERS = frozenset(
    [
        "arguments",
        "args",
        "identity",
        "source",
        "stash",
        "prev",
        "result",
        "error",
        "request",
        "info",
        "env",
    ]
)

# Methods of arrays and strings that take a function, and all that there are.
CALLBACK_METHODS = frozenset(
    [
        "forEach",
        "map",
        "flatMap",
        "filter",
        "reduce",
        "reduceRight",
        "find",
        "some",
        "every",
        "findIndex",
        "findLast",
        "findLastIndex",
    ]
)
METHODS = CALLBACK_METHODS | frozenset(
    [
        "concat",
        "fill",
        "flat",
        "indexOf",
        "join",
        "lastIndexOf",
        "pop",
        "push",
        "reverse",
        "shift",
        "slice",
        "sort",
        "splice",
        "unshift",
        "charAt",
        "endsWith",
        "replace",
        "replaceAll",
        "split",
        "startsWith",
        "substring",
        "toLowerCase",
        "toUpperCase",
        "trim",
        "trimEnd",
        "trimStart",
        "includes",
    ]
)
# Methods that JavaScript has on arrays, strings, numbers, objects and functions, and APPSYNC_JS
# has not.
REFUSED_METHODS = frozenset(
    [
        "at",
        "with",
        "keys",
        "values",
        "entries",
        "copyWithin",
        "toReversed",
        "toSorted",
        "toSpliced",
        "toString",
        "toLocaleString",
        "valueOf",
        "charCodeAt",
        "codePointAt",
        "isWellFormed",
        "toWellFormed",
        "match",
        "matchAll",
        "search",
        "substr",
        "repeat",
        "padEnd",
        "padStart",
        "trimRight",
        "trimLeft",
        "localeCompare",
        "normalize",
        "toLocaleLowerCase",
        "toLocaleUpperCase",
        "anchor",
        "big",
        "blink",
        "bold",
        "fixed",
        "fontcolor",
        "fontsize",
        "italics",
        "link",
        "small",
        "strike",
        "sub",
        "sup",
        "toExponential",
        "toFixed",
        "toPrecision",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "call",
        "apply",
        "bind",
        "group",
        "groupToMap",
    ]
)
# Members by which code could reach behind the runtime.
REFUSED_MEMBERS = frozenset(
    [
        "constructor",
        "prototype",
        "__proto__",
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "caller",
        "callee",
    ]
)
