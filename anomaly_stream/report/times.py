"""Times as people write them."""

import math
from datetime import UTC, datetime, tzinfo


def parse_time(text: str, zone: tzinfo = UTC) -> float:
    """RFC 3339, a date, or seconds since the epoch, as seconds; text without a zone is in ``zone``.

    Raises:
        ValueError: it is none of these.
    """
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(
                f"{text!r} is no time: write 2024-03-30T10:00:00Z, or seconds since the epoch"
            ) from None
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    if not math.isfinite(seconds):
        raise ValueError(f"{text!r} is no time")
    return seconds
