"""The input formats by name."""

from collections.abc import Mapping, Sequence
from pkgutil import resolve_name

from anomaly_stream.formats.decoder import Decoder, DecoderFactory
from anomaly_stream.formats.series_index import SeriesIndex

DEFAULT_FORMAT = "json"

FORMATS: dict[str, str] = {
    "json": "anomaly_stream.formats.json.decoder:JsonDecoder",
    "json_milliseconds": "anomaly_stream.formats.json.decoder:millisecond_decoder",
}
"""The ``DecoderFactory`` as ``module:object``, by the name in settings.

A factory is imported when it is first used, so that validating a name does not compile kernels.
"""


def make_decoder(name: str, index: SeriesIndex) -> Decoder:
    """The decoder of format ``name`` for the partition that ``index`` belongs to. Raises KeyError."""
    factory: DecoderFactory = resolve_name(FORMATS[name])
    return factory(index)


def make_decoders(topics: Sequence[str], formats: Mapping[str, str], index: SeriesIndex) -> list[Decoder]:
    """The decoder of each topic; topics of one format share it. Topics that ``formats`` omits are JSON."""
    names = [formats.get(topic, DEFAULT_FORMAT) for topic in topics]
    made = {name: make_decoder(name, index) for name in dict.fromkeys(names)}
    return [made[name] for name in names]
