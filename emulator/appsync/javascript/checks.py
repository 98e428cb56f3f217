"""All static checks of resolver code, in one call."""

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript.modules import check_exports, check_imports, rewrite
from emulator.appsync.javascript.rules_context import check_context
from emulator.appsync.javascript.rules_functions import check_functions
from emulator.appsync.javascript.rules_names import Names, check_names
from emulator.appsync.javascript.rules_syntax import check_syntax
from emulator.appsync.javascript.scopes import Scopes
from emulator.appsync.javascript.syntax import Tree
from emulator.appsync.javascript.types import ResolverCodeError


def check(source: SourceFile) -> str:
    """Check resolver code and give it as a script for the engine (see `modules.rewrite`).

    Raises:
        ResolverCodeError: the first offence in the text; syntax goes before meaning.
    """
    tree = Tree(source)
    _raise_first(list(check_syntax(tree)))
    scopes = Scopes(tree)
    check_imports(tree, scopes)
    names = Names(tree, scopes)
    _raise_first([*check_names(names), *check_functions(names)])
    handlers = check_exports(tree, scopes)
    _raise_first(list(check_context(names, handlers)))
    return rewrite(tree, scopes, handlers)


def _raise_first(offences: list[ResolverCodeError]) -> None:
    if offences:
        raise min(offences, key=lambda offence: (offence.line, offence.column))
