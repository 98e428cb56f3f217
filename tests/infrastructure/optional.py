"""What every optional template in templates/ must be: valid, and fed by the region's stack."""

import subprocess
from pathlib import Path

from cfnlint.decode import cfn_yaml

from tests.infrastructure.conftest import Template
from tests.support.stack import ROOT


def assert_lints(path: Path) -> None:
    """cfn-lint has nothing to say."""
    done = subprocess.run(
        [str(ROOT / ".venv/bin/cfn-lint"), str(path), "--regions", "us-west-2", "ap-southeast-2"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def assert_fed_by_the_region_s_stack(path: Path, template: Template) -> None:
    """Each parameter that is said to be an output of the region's stack is one."""
    fed = [
        name
        for name, parameter in cfn_yaml.load(str(path))["Parameters"].items()
        if "of the region's stack" in parameter.get("Description", "")
    ]
    assert fed
    assert set(fed) <= template.document["Outputs"].keys()
