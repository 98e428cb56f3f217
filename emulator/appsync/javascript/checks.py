"""All static checks of resolver code, in one call.

They refuse what neither AWS's lint nor the engine refuses (docs/decisions/0065). AWS's lint runs
before a deploy; the engine refuses unknown members when they are used.
"""

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript.modules import check_exports, check_imports, rewrite
from emulator.appsync.javascript.rules_globals import check_globals
from emulator.appsync.javascript.rules_recursion import check_recursion
from emulator.appsync.javascript.rules_syntax import check_syntax
from emulator.appsync.javascript.scopes import Scopes
from emulator.appsync.javascript.syntax import Tree
from emulator.appsync.javascript.types import ResolverCodeError


def check(source: SourceFile) -> str:
    """Check resolver code and return it as a script for the engine (see `modules.rewrite`).

    Raises:
        ResolverCodeError: the first offence in the text; syntax is checked first.
    """
    tree = Tree(source)
    _raise_first(list(check_syntax(tree)))
    scopes = Scopes(tree)
    check_imports(tree, scopes)
    _raise_first([*check_globals(tree, scopes), *check_recursion(tree, scopes)])
    return rewrite(tree, scopes, check_exports(tree, scopes))


def _raise_first(offences: list[ResolverCodeError]) -> None:
    if offences:
        raise min(offences, key=lambda offence: (offence.line, offence.column))
