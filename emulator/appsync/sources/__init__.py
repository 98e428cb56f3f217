"""Data sources: each turns a resolver's request object into a call and its answer."""

from collections.abc import Mapping

from ..definition import Api
from ..errors import DefinitionError
from ..options import Options
from ..ports import DataSourcePorts
from .base import Answer, Source, SourceFailure
from .dynamodb import DynamoDbSource
from .eventbridge import EventBridgeSource
from .lambda_function import LambdaSource
from .none import NoneSource

__all__ = ["Answer", "Source", "SourceFailure", "build_sources"]


def build_sources(api: Api, ports: DataSourcePorts, options: Options) -> Mapping[str, Source]:
    """The data sources of `api` by name; raises DefinitionError for a type that is not served."""
    sources: dict[str, Source] = {}
    for source in api.data_sources:
        match source.type:
            case "NONE":
                sources[source.name] = NoneSource()
            case "AMAZON_EVENTBRIDGE":
                sources[source.name] = EventBridgeSource(ports, source.target)
            case "AMAZON_DYNAMODB":
                sources[source.name] = DynamoDbSource(
                    ports, source.target, api.region, options.failed_condition_shows_item
                )
            case "AWS_LAMBDA":
                sources[source.name] = LambdaSource(ports, source.target)
            case _:
                raise DefinitionError(
                    f"data source {source.name}: type {source.type} is not served locally"
                )
    return sources
