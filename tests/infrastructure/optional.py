"""What every optional template in templates/ must be: valid, and fed by the region's stack."""

from pathlib import Path

from cfnlint.decode import cfn_yaml

from tests.infrastructure.conftest import Template


def assert_fed_by_the_region_s_stack(path: Path, template: Template) -> None:
    """Each parameter that is said to be an output of the region's stack is one."""
    fed = [
        name
        for name, parameter in cfn_yaml.load(str(path))["Parameters"].items()
        if "of the region's stack" in parameter.get("Description", "")
    ]
    assert fed
    assert set(fed) <= template.document["Outputs"].keys()
