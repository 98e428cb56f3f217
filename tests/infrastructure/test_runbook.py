"""docs/runbook.md has a section for each alarm."""

import re
import shlex
from collections.abc import Iterator

import pytest

from tests.infrastructure.conftest import Template
from tests.support.stack import ROOT

_TEXT = (ROOT / "docs" / "runbook.md").read_text()
_HEADED = re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", _TEXT, re.MULTILINE | re.DOTALL)
# Alarms of one kind share a section.
_SECTIONS = {name: text for names, text in _HEADED for name in names.split(", ")}


def _commands(text: str) -> Iterator[list[str]]:
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.strip().splitlines():
            yield shlex.split(line)


def test_every_alarm_has_its_section_and_every_section_its_alarm(template: Template) -> None:
    names = {name for name, _ in template.of_type("AWS::CloudWatch::Alarm")}
    assert _SECTIONS.keys() == {name.replace("&{Peer}", "<peer>") for name in names}


@pytest.mark.parametrize("name", sorted(_SECTIONS))
def test_a_section_says_what_it_means_what_to_do_and_how(name: str) -> None:
    section = _SECTIONS[name]
    assert section.count("**Means.**") == section.count("**Do.**") == 1
    assert list(_commands(section))


def test_log_groups_are_named_as_the_template_names_them(template: Template) -> None:
    named = {
        group["LogGroupName"]["Fn::Sub"]
        .replace("${AWS::StackName}", "globalws-us-west-2")
        .replace("${Api.ApiId}", "API_ID")
        for _, group in template.of_type("AWS::Logs::LogGroup")
    }
    used = {words[3] for words in _commands(_TEXT) if words[:3] == ["aws", "logs", "tail"]}
    assert used
    assert used <= named


def test_parameters_that_are_named_exist(template: Template) -> None:
    parameters = template.document["Parameters"]
    ((group,),) = [
        [each["Parameters"]]
        for each in template.document["Metadata"]["AWS::CloudFormation::Interface"][
            "ParameterGroups"
        ]
        if each["Label"]["default"] == "Alarms"
    ]
    for name in group:
        assert name in parameters
        assert name in _TEXT


def test_no_command_names_the_regions_that_there_are() -> None:
    """An operator who copies a command with a fixed list of peers would remove the others."""
    assert "PeerRegions" not in _TEXT
    for words in _commands(_TEXT):
        assert words[:2] != ["make", "deploy"] or not any("REGIONS=" in word for word in words)
