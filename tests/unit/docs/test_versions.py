"""The packages have one version (`globalws_client.version`), and CHANGELOG.md dates it."""

import json
import re

import pytest
from globalws_client.version import VERSION

from tests.support.stack import ROOT

_HEADINGS = re.findall("^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


@pytest.mark.parametrize("package", ["sdk/typescript", "client"])
def test_an_npm_package_has_the_version(package: str) -> None:
    described = json.loads((ROOT / package / "package.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"][package]
    assert described["version"] == locked["version"] == VERSION
    needed = described.get("dependencies", {}).get("@globalws/client", VERSION)
    assert needed == VERSION


def test_the_changelog_has_dated_versions_and_the_newest_is_that_of_the_packages() -> None:
    versions = [each for each in _HEADINGS if each != "Unreleased"]
    found = [re.fullmatch(r"(\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)", each) for each in versions]
    dates = [each[2] for each in found if each]
    assert len(dates) == len(versions), versions
    assert dates == sorted(dates, reverse=True)
    assert found[0]
    assert found[0][1] == VERSION
