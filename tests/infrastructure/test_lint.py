"""AWS's lint of the resolvers is in force; `make lint` runs it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from emulator.runtime.settings import LocalSettings
from emulator.runtime.stack.processes import ProcessFailedError
from emulator.runtime.stack.sam import lint_resolvers
from tests.support.stack import ROOT
from tests.unit.appsync.javascript.snippets import LINTED

_BROKEN_RESOLVER = """
export async function request(ctx) {
  return { payload: +ctx.env.MESSAGE_RETENTION_HOURS };
}
"""


def _run(*command: str, input: str | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-west-2"}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        input=input,
        capture_output=True,
        text=True,
        check=False,
    )


_LINT_EACH = """
import { readFileSync } from 'node:fs';
import { ESLint } from 'eslint';
const eslint = new ESLint();
const rules = [];
for (const code of JSON.parse(readFileSync(0))) {
  const [{ messages }] = await eslint.lintText(code, { filePath: process.argv[1] });
  rules.push(messages.map((message) => message.ruleId));
}
console.log(JSON.stringify(rules));
"""
_HANDLERS = "\nexport function request(ctx) { ctx = 1; }\nexport const response = () => 1;\n"


def test_what_only_awss_lint_refuses() -> None:
    """The local runtime does not refuse these, so the lint has to; `make run` runs it."""
    codes = [code + _HANDLERS for code, _ in LINTED]
    name = "graphql/resolvers/Query.channels.js"
    done = _run(
        "node", "--input-type=module", "-e", _LINT_EACH, "--", name, input=json.dumps(codes)
    )
    assert done.returncode == 0, done.stderr
    for (code, rule), found in zip(LINTED, json.loads(done.stdout), strict=True):
        assert f"@aws-appsync/{rule}" in found, code
        assert "@aws-appsync/no-disallowed-re-assignment" in found, "ctx = 1"


def test_the_rules_are_really_in_force() -> None:
    """A configuration that matches no file would let everything pass."""
    name = "graphql/resolvers/Query.channels.js"
    done = _run(
        *("npx", "--no-install", "eslint", "--stdin", "--stdin-filename", name),
        input=_BROKEN_RESOLVER,
    )
    assert done.returncode == 1
    assert "@aws-appsync/no-async" in done.stdout
    assert "make a number by JSON.parse" in done.stdout


async def test_make_run_refuses_what_the_lint_refuses(tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    shutil.copy(ROOT / "eslint.config.mjs", tmp_path)
    shutil.copytree(ROOT / "graphql", tmp_path / "graphql")
    (tmp_path / "graphql" / "resolvers" / "Query.channels.js").write_text(_BROKEN_RESOLVER)
    with pytest.raises(ProcessFailedError, match="@aws-appsync/no-async"):
        await lint_resolvers(LocalSettings.parse({}, tmp_path))
