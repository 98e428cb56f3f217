"""The command asks the API with the SDK's documents, and makes ids with the functions' package."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.stack import ROOT

_API_CODE = re.compile(r"\s*(query|mutation|subscription)\b[^{]*\{|.*ABCDEFGHJKMNPQRSTVWXYZ")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "cli").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_module_of_the_command_has_no_document_and_no_alphabet_of_ids(path: Path) -> None:
    texts = [
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [text for text in texts if _API_CODE.match(text)], "use globalws_client's"
