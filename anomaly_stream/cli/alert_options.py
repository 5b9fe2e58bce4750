"""Values of options about alerts."""

from enum import StrEnum


class Severity(StrEnum):
    """How severe an alert is; an enumeration, because an option that is given several times needs one."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"


SEVERITIES = "|".join(Severity)
