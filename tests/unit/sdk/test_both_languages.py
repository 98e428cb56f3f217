"""What both SDKs call alike: the options with their defaults, and what is in a checkpoint."""

import dataclasses
import math
import re

import pytest
from globalws_client import Checkpoint, Options, PublishOptions

from tests.support.stack import ROOT

_SRC = ROOT / "sdk/typescript/src"
# In Python these are constants.
_TYPESCRIPT_ONLY = {"subscriptionsPerConnection", "startsAtOnce", "historyBatch"}


def _block(file: str, beginning: str) -> str:
    return (_SRC / file).read_text().split(beginning, 1)[1].split("\n}", 1)[0]


def _number(text: str) -> float:
    return math.prod(float(each.replace("Infinity", "inf")) for each in text.split("*"))


def _camel(name: str) -> str:
    return re.sub("_(.)", lambda found: found[1].upper(), name)


@pytest.mark.parametrize(
    ("file", "beginning", "options"),
    [
        ("options.ts", "export const DEFAULTS: Tuning = {", Options),
        ("publish.ts", "const DEFAULTS = {", PublishOptions),
    ],
)
def test_options_have_one_name_and_one_default(
    file: str, beginning: str, options: type[Options | PublishOptions]
) -> None:
    block = _block(file, beginning)
    typescript = {name: _number(text) for name, text in re.findall(r"(\w+): ([^,]+),", block)}
    python = {_camel(each.name): each.default for each in dataclasses.fields(options)}
    assert {n: d for n, d in typescript.items() if n not in _TYPESCRIPT_ONLY} == python


def test_a_checkpoint_has_one_form() -> None:
    block = _block("types.ts", "export interface Checkpoint {")
    document = Checkpoint("", "", 0, {}, ()).to_json()
    assert re.findall(r"readonly (\w+):", block) == list(document)
