"""No function and no sample may be left out of what `make local-invoke` runs."""

from tests.docker.samples import SAMPLES
from tests.infrastructure.conftest import Template
from tests.support.functions import EVENTS
from tests.support.stack import ROOT


def test_every_sample_is_run() -> None:
    assert {path.stem for path in EVENTS.glob("*.json")} == {each.event for each in SAMPLES}


def test_every_function_is_run_with_a_good_and_a_malformed_sample(template: Template) -> None:
    functions = {name for name, _ in template.of_type("AWS::Serverless::Function")}
    for malformed in (False, True):
        run = {each.function for each in SAMPLES if each.event.endswith("-malformed") == malformed}
        assert run == functions


def test_the_page_names_each_function_that_can_be_run() -> None:
    page = (ROOT / "docs" / "local-invoke.md").read_text()
    assert {each.function for each in SAMPLES if f"`{each.function}`" not in page} == set()
