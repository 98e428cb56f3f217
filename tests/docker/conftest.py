"""An engine with Lambda's base image, and a stack of its own, because the samples change it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.docker import engine, lambda_image
from tests.support.prepared import local_stack
from tests.support.stack import LocalStack

_REGIONS = ("us-west-2", "ap-southeast-2")


@pytest.fixture(scope="session")
def docker_host() -> Iterator[str | None]:
    """The `DOCKER_HOST` of an engine that has the image; None for the machine's own engine."""
    if engine.answers(None) and engine.has_or_pulls(lambda_image.TAG):
        yield None
        return
    with ExitStack() as exits:
        try:
            host = exits.enter_context(engine.engine_of_ours())
            lambda_image.make(host)
        except (engine.NoEngineError, lambda_image.ImageError) as error:
            if os.environ.get("CI"):
                pytest.fail(f"CI must run the functions in containers: {error}")
            pytest.skip(str(error))
        yield host
    assert engine.leftovers() == []


@pytest.fixture(scope="session")
def own_stack() -> Iterator[LocalStack]:
    with local_stack("test-invoke", _REGIONS) as running:
        yield running
