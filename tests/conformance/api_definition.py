"""An API made by hand that resembles the project's contract, for the conformance suite."""

import time
from pathlib import Path

from emulator.appsync.definition import (
    Api,
    ApiKey,
    DataSource,
    PipelineFunction,
    Resolver,
    SourceFile,
)

API_KEY = "da2-conformance0000000000000"
EXPIRED_KEY = "da2-expired00000000000000000"
ACCESS_KEY = "AKIACONFORMANCE00000"
SECRET_KEY = "conformance-secret"
REGION = "us-west-2"
CHANNELS = "cars,robots,tech,music,media,bench"
_FOLDER = Path(__file__).parent / "api"


def _source(name: str) -> SourceFile:
    return SourceFile(name, (_FOLDER / name).read_text())


def _function(name: str, data_source: str) -> PipelineFunction:
    return PipelineFunction(f"fn-{name}", name, data_source, _source(f"{name}.js"))


def _unit(type_name: str, field_name: str, file: str | None = None) -> Resolver:
    return Resolver(type_name, field_name, _source(f"{file or field_name}.js"), "none")


def _pipeline(type_name: str, field_name: str, file: str, *functions: str) -> Resolver:
    ids = tuple(f"fn-{name}" for name in functions)
    return Resolver(type_name, field_name, _source(f"{file}.js"), functions=ids)


def conformance_api() -> Api:
    """The API; its only bus is what the data source ports reach."""
    return Api(
        api_id="conformance",
        name="conformance",
        region=REGION,
        schema=_source("schema.graphql"),
        resolvers=(
            _unit("Query", "channels"),
            _unit("Query", "getChannel"),
            _unit("Query", "whoami"),
            _unit("Query", "audit"),
            _unit("Query", "at"),
            _pipeline("Mutation", "publish", "publish", "checkMessage", "checkChannel", "putOnBus"),
            _unit("Mutation", "publishFromBus"),
            _unit("Mutation", "unsubscribe"),
            _pipeline("Subscription", "subscribe", "subscribe", "checkChannel"),
            _pipeline("Subscription", "subscribeFromBus", "subscribe", "checkChannel"),
        ),
        functions=(
            _function("checkMessage", "none"),
            _function("checkChannel", "none"),
            _function("putOnBus", "bus"),
        ),
        data_sources=(
            DataSource("none", "NONE"),
            DataSource(
                "bus",
                "AMAZON_EVENTBRIDGE",
                f"arn:aws:events:{REGION}:000000000000:event-bus/conformance",
            ),
        ),
        environment={"REGION": REGION, "ALLOWED_CHANNELS": CHANNELS},
        api_keys=(ApiKey(API_KEY, time.time() + 86_400), ApiKey(EXPIRED_KEY, 1.0)),
    )
