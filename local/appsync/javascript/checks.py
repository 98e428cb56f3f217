"""All static checks of resolver code, in one call."""

from local.appsync.definition import SourceFile
from local.appsync.javascript.modules import check_exports, check_imports, rewrite
from local.appsync.javascript.scopes import Scopes
from local.appsync.javascript.syntax import Tree


def check(source: SourceFile) -> str:
    tree = Tree(source)
    scopes = Scopes(tree)
    check_imports(tree, scopes)
    handlers = check_exports(tree, scopes)
    return rewrite(tree, scopes, handlers)
