"""The account of a value as plain text."""

from collections.abc import Iterator

from anomaly_stream.alerts.rounding import DETAILED, Rounding
from anomaly_stream.alerts.wording import clock, duration, normal_range, odds
from anomaly_stream.model.evidence import MemberEvidence
from anomaly_stream.model.reasons import REASONS
from anomaly_stream.report.point_account import Account, DetectorAccount

_ALERTS = {
    "none": "no alert is open",
    "opened": "this value opened an alert",
    "open": "an alert was open already",
    "updated": "this value raised the severity of the open alert",
    "resolved": "this value resolved the alert",
}
_REASONS = {reason.name: reason for reason in REASONS}
_USUAL = 0.1
"""More frequent than this needs no odds."""


def text_of(account: Account) -> str:
    """Several lines, without the last line end."""
    return "\n".join(_lines(account))


def _lines(account: Account) -> Iterator[str]:
    yield f"{account.series}, config {account.config_id}, {clock(account.timestamp)}"
    if account.timestamp != account.asked:
        away = duration(abs(account.timestamp - account.asked))
        yield f"  no value at {clock(account.asked)}: this is the nearest one, {away} away"
    if account.group is None:
        yield f"  value      {_rounding(account).text(account.value)}"
    yield f"  verdict    {_verdict(account)}"
    if account.group is None:
        yield from _expectation(account)
    if account.score is not None:
        yield f"  score      {account.score:.4g}, sensitivity {account.sensitivity:.4g}"
        yield f"  alert      score {_short(account.alert_score)}, threshold {account.alert_threshold:.4g}"
    yield f"  state      {_ALERTS[account.alert]}"
    yield from _indented("why", account.why)
    yield from _indented("enough", account.enough)
    yield from _indented("settings", _settings(account))
    yield from _indented("evidence", [_evidence(one, account) for one in account.detectors])
    yield from _indented("members", _members(account))
    if account.alert_sentence:
        yield from _indented("sentence", [account.alert_sentence])


def _expectation(account: Account) -> Iterator[str]:
    yield f"  expected   {_number(account.expected, _rounding(account))}"
    if account.score is not None:
        yield f"    from     {account.expected_from}"
        yield f"  normal     {_range(account)}"


def _indented(title: str, lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"  {title if number == 0 else '':<10} {line}"


def _verdict(account: Account) -> str:
    if account.status != "anomaly":
        return account.status
    meaning = f" {account.reason_meaning}" if account.reason_meaning else ""
    side = ""
    if account.side is not None and account.reason in _REASONS:
        side = f" ({_REASONS[account.reason].side_in_words(account.side)})"
    return f"{account.severity} anomaly, {account.reason}{side}.{meaning}"


def _range(account: Account) -> str:
    return normal_range(account.lower, account.upper, _rounding(account).text) or "no limits"


def _settings(account: Account) -> list[str]:
    found = []
    if account.direction is not None:
        counted = (
            "both sides count" if account.direction == "both" else f"only values {account.direction} count"
        )
        found.append(f"direction {account.direction}: {counted}")
    if account.least_deviation is not None:
        least = _rounding(account).text(account.least_deviation)
        found.append(f"min_deviation: only values more than {least} from the expected one count")
    return found


def _evidence(detector: DetectorAccount, account: Account) -> str:
    chance = "" if detector.p is None else f", {_chance(detector.p, account)}"
    score = "" if detector.score is None else f", score {_short(detector.score)}"
    question = detector.question.rstrip(".")
    return f"{detector.name}: statistic {detector.statistic:.4g}{chance}{score} ({question}; {detector.role})"


def _chance(p: float, account: Account) -> str:
    if p > _USUAL:
        return "usual"
    return odds(p, account.values_before, "values" if account.group is None else "vectors")


def _members(account: Account) -> list[str]:
    if account.group is None:
        return []
    members = [_member(name, member) for name, member in account.group.members.items()]
    pairs = [
        f"{' and '.join(pair.members)}: correlation {pair.seen:.2f}, usually {pair.expected:.2f}"
        for pair in account.group.pairs
    ]
    return [*members, *pairs]


def _member(name: str, member: MemberEvidence) -> str:
    rounding = Rounding.of(member.value or 0.0, member.expected, digits=DETAILED)
    if member.expected is None:
        return f"{name}: value {_number(member.value, rounding)}"
    share = round(100.0 * member.share)
    return (
        f"{name}: value {_number(member.value, rounding)}, expected {rounding.text(member.expected)},"
        f" {abs(share)} % of the deviation{_side(share)}"
    )


def _side(share: int) -> str:
    return "" if share == 0 else ", above" if share > 0 else ", below"


def _short(score: float | None) -> str:
    return "none" if score is None else f"{score:.4g}"


def _number(number: float | None, rounding: Rounding) -> str:
    return "none" if number is None else rounding.text(number)


def _rounding(account: Account) -> Rounding:
    return Rounding.of(account.value, account.expected, account.lower, account.upper, DETAILED)
