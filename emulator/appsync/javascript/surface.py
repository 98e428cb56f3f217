"""The modules and globals of APPSYNC_JS, and which of the modules' names this runtime lacks.

Source: AppSync's guide, "JavaScript runtime features for resolvers and functions" and "Built-in
utilities". What the objects contain is in `runtime/`, which refuses all else when it is used.
"""

from dataclasses import dataclass

UTILS_MODULE = "@aws-appsync/utils"
DYNAMODB_MODULE = "@aws-appsync/utils/dynamodb"


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


@dataclass(frozen=True)
class Module:
    """A module that resolver code can import.

    `names` can be imported here. `absent` are names that AWS documents and this runtime lacks.
    """

    names: frozenset[str]
    absent: frozenset[str] = frozenset()


MODULES = {
    UTILS_MODULE: Module(words("util runtime extensions")),
    DYNAMODB_MODULE: Module(
        words("get put update remove query scan operations toStringSet toNumberSet toBinarySet"),
        words("sync batchGet batchPut batchDelete transactGet transactWrite"),
    ),
}
ABSENT_MODULES = frozenset({"@aws-appsync/utils/rds", "@aws-appsync/utils/ai"})

GLOBALS = words("NaN Infinity undefined util runtime extensions")
# Globals that can only be used as `Name.member`: APPSYNC_JS has `String.raw`, but no `String(…)`.
OBJECTS = words("Object String Number Math JSON console")
