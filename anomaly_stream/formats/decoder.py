"""The interface of an input format."""

from typing import Protocol

from anomaly_stream.formats.series_index import SeriesIndex
from anomaly_stream.model import Fault, ObservationColumns, RecordColumns


class Decoder(Protocol):
    """Reads one format. A partition has one decoder per format, for all topics of that format."""

    def decode(self, records: RecordColumns) -> tuple[ObservationColumns, list[Fault]]:
        """The observations of ``records`` in record order, and the faulty records in record order.

        New series are added to the partition's ``SeriesIndex``. A record can contain several observations. A
        record without any, or with a faulty part, is one ``Fault``; its valid observations are still
        returned. The result depends on ``records`` alone, not on how they are divided into batches.
        """


class DecoderFactory(Protocol):
    """Builds the decoder of one partition: the entry of a format in the registry."""

    def __call__(self, index: SeriesIndex) -> Decoder:
        """A decoder that adds series to ``index``."""
