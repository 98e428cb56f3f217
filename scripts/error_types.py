"""Writes what sdk/errors.json says about error types into the files that need it.

Each type has a `source` (who raises it), what it `means`, and what a client does `then`: `retry`
(here, a little later), `region` (try another one) or `final`. `replay` is what the Replay function
does, where that is not "try again, and then keep the event as a dead letter".
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "sdk/errors.json"
DOCS = ROOT / "docs/errors.md"
PYTHON = ROOT / "sdk/python/globalws_client/error_types.py"
TYPESCRIPT = ROOT / "sdk/typescript/src/errorTypes.ts"
FUNCTIONS = ROOT / "functions/globalws_functions/domain/error_types.py"

Table = Mapping[str, Mapping[str, str]]

_ROWS = re.compile(r"(?<=\| errorType \| means \| then \|\n\|---\|---\|---\|\n)(?:\|.*\n)+")
_REPLAY = {
    "permanent": "The API refuses the request itself: a retry would not change that.",
    "throttled": "The API asks for fewer calls.",
    "duplicate": "The region has the message already.",
    "withheld": "The message is stored and not delivered, on purpose.",
}


def read() -> Table:
    """The table: error type -> {source, means, then, replay?}."""
    table: Table = json.loads(TABLE.read_text())
    return table


def outputs(table: Table) -> dict[Path, str]:
    """The generated texts. Raises ValueError if docs/errors.md has no place for the table."""
    return {
        DOCS: _docs(DOCS.read_text(), table),
        PYTHON: _python(table),
        TYPESCRIPT: _typescript(table),
        FUNCTIONS: _functions(table),
    }


def _docs(text: str, table: Table) -> str:
    rows = ""
    for error_type, entry in table.items():
        means = entry["means"]
        if entry["source"] == "AppSync":
            means = f"AppSync: {means[0].lower()}{means[1:]}"
        rows += f"| `{error_type}` | {means} | {entry['then']} |\n"
    text, count = _ROWS.subn(lambda _: rows, text)
    if count != 1:
        raise ValueError("docs/errors.md has no table `| errorType | means | then |`")
    return text


def _python(table: Table) -> str:
    return (
        '"""What a client does about each `errorType`: made by scripts/error_types.py."""\n\n'
        "from typing import Final, Literal\n\n"
        'Then = Literal["retry", "region", "final"]\n\n'
        "THEN: Final[dict[str, Then]] = {\n"
        + "".join(f'    "{name}": "{entry["then"]}",\n' for name, entry in table.items())
        + "}\n"
    )


def _typescript(table: Table) -> str:
    return (
        "/** What a client does about each `errorType`: made by scripts/error_types.py. */\n\n"
        "export type Then = 'retry' | 'region' | 'final';\n\n"
        "export const THEN: Readonly<Record<string, Then>> = {\n"
        + "".join(f"  {name}: '{entry['then']}',\n" for name, entry in table.items())
        + "};\n"
    )


def _functions(table: Table) -> str:
    text = (
        '"""What Replay does about each `errorType`: made by scripts/error_types.py.\n\n'
        "A type that is in no set may pass: Lambda retries, and then the dead-letter queue has the "
        'event.\n"""\n'
    )
    for action, means in _REPLAY.items():
        names = [name for name, entry in table.items() if entry.get("replay") == action]
        text += f"\n# {means}\n{action.upper()} = {_frozenset(names)}\n"
    return text


def _frozenset(names: Iterable[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    line = f"frozenset({{{', '.join(quoted)}}})"
    if len(line) < 80:
        return line
    return "frozenset(\n    {\n" + "".join(f"        {name},\n" for name in quoted) + "    }\n)"


def main() -> None:
    """Writes the files; with `--check`, only says which are out of date, and fails then."""
    old = {path: text for path, text in outputs(read()).items() if _differs(path, text)}
    if "--check" in sys.argv[1:]:
        if old:
            names = ", ".join(str(path.relative_to(ROOT)) for path in old)
            sys.exit(f"out of date: {names}. Run: .venv/bin/python -m scripts.error_types")
        return
    for path, text in old.items():
        path.write_text(text)


def _differs(path: Path, text: str) -> bool:
    return not path.exists() or path.read_text() != text


if __name__ == "__main__":
    main()
