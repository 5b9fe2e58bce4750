"""The evidence for a verdict, as published with it."""

from typing import Annotated, Any

import msgspec


def field(description: str, **schema: Any) -> msgspec.Meta:
    """What the JSON Schema says about a field in addition to its type. Decoders do not check it."""
    return msgspec.Meta(description=description, extra_json_schema=schema)


class DetectorEvidence(msgspec.Struct, frozen=True):
    """The evidence of one detector."""

    statistic: Annotated[float, field("In the detector's own unit; positive is above the baseline.")]
    p: Annotated[
        float | None,
        field(
            "Tail probability of the statistic in the detector's own model, which reaches far beyond what "
            "the history can show; `explain` says no odds beyond that. Of `auto`: the probability that "
            "a value of this series has as high a score, by its own past. Null if it gives none.",
            minimum=0,
            maximum=1,
        ),
    ]


class MemberEvidence(msgspec.Struct, frozen=True):
    """The contribution of one member of a group."""

    value: Annotated[float | None, field("Its value; null if it was missing.")]
    expected: Annotated[float | None, field("Its expected value; null if it was not computed.")]
    share: Annotated[
        float,
        field(
            "Its share in the deviation, negative below the expected value; absolute shares sum to 1.",
            minimum=-1,
            maximum=1,
        ),
    ]


class PairEvidence(msgspec.Struct, frozen=True):
    """Two members of a group whose correlation changed."""

    members: Annotated[tuple[str, str], field("Their names.")]
    expected: Annotated[float, field("Their usual correlation.", minimum=-1, maximum=1)]
    seen: Annotated[float, field("Their recent correlation.", minimum=-1, maximum=1)]


class GroupEvidence(msgspec.Struct, frozen=True):
    """The members of a group that contributed to the verdict, and the pairs whose correlation changed."""

    members: Annotated[dict[str, MemberEvidence], field("By name of the member.")]
    pairs: Annotated[list[PairEvidence], field("The largest change first.")]
