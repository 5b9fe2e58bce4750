import math
import re

import msgspec
import pytest

from anomaly_stream.groups.detectors.registry import OF_MINUTES, OF_SECONDS
from anomaly_stream.model import SeverityBands
from anomaly_stream.registry.promised_alerts import threshold_of
from anomaly_stream.report.offline_run import OfflineRun
from anomaly_stream.report.point import PointCollector
from anomaly_stream.report.point_account import Account, account_of
from anomaly_stream.report.point_text import text_of
from anomaly_stream.report.times import parse_time
from tests.report.build import configs_of, peaks, records_of_observations

START = 1_700_000_000
POINT = "metric: flow\ndetectors: [zscore, modified_zscore, iqr]\n"


def accounts(
    text: str, place: float, wanted: str = "site=A", documents: list[dict[str, object]] | None = None
) -> list[Account]:
    configs = configs_of(text)
    asked = START + 60 * place
    collector = PointCollector({config.id: config for config in configs}, asked, wanted)
    run = OfflineRun(configs, SeverityBands())
    collector.add(run.judge(records_of_observations(peaks() if documents is None else documents)))
    return [account_of(point, asked) for point in collector.finish()]


def test_an_anomaly_that_opens_an_alert() -> None:
    (account,) = accounts(POINT, 150)
    assert (account.series, account.value, account.status) == ("flow{site=A}", 300.0, "anomaly")
    assert account.alert == "opened"
    assert account.reason == "distance"
    assert account.score is not None
    assert account.score >= account.alert_threshold == 60
    assert account.why[0].endswith("reaches the sensitivity 40: it is an anomaly.")
    assert account.why[-1].endswith("reaches the alert threshold 60.")
    assert [detector.name for detector in account.detectors] == ["zscore", "modified_zscore", "iqr"]
    scores = [detector.score for detector in account.detectors if detector.score is not None]
    assert account.score == pytest.approx(min(100.0, sum(scores) / 3))
    assert account.upper is not None
    assert account.value > account.upper
    assert account.enough[0].startswith(f"A value below {account.lower:.6g} or above {account.upper:.6g} is")
    assert account.expected_from == "the median of the window: the last 7 d, at most 1,440 values"
    text = text_of(account)
    assert f"{account.severity} anomaly, distance (above). The value is far from its expected value" in text
    assert "this value opened an alert" in text
    assert account.alert_sentence is not None
    assert account.alert_sentence in text


def test_the_next_anomaly_belongs_to_the_open_alert_and_later_values_resolve_it() -> None:
    assert accounts(POINT, 151)[0].alert == "open"
    assert accounts(POINT, 151)[0].why[-1] == "It belongs to an alert that was open before."
    assert accounts(POINT, 156)[0].alert == "resolved"
    (after,) = accounts(POINT, 157)
    assert (after.alert, after.alert_sentence, after.status) == ("none", None, "normal")
    assert "is below the sensitivity 40." in after.why[0]


def test_a_value_while_learning() -> None:
    (account,) = accounts(POINT, 7)
    assert account.why == ["It was learned, not scored: 7 values came before it, and 30 are needed."]
    assert (account.score, account.enough, account.detectors) == (None, [], [])
    assert "normal" not in text_of(account)


def test_a_value_that_is_only_to_be_learned() -> None:
    documents = [{**document, "learn": True} for document in peaks()]
    (account,) = accounts(POINT, 100, documents=documents)
    assert account.why[0].startswith("It was learned, not scored. Causes: `learn`")


@pytest.mark.parametrize("detectors", ["[zscore, modified_zscore, iqr]", "[auto]"])
def test_a_side_that_is_not_watched(detectors: str) -> None:
    (account,) = accounts(f"metric: flow\ndetectors: {detectors}\ndirection: below\n", 150)
    assert account.status == "normal"
    assert account.why[1] == "It is above the expected value, which `direction: below` does not count."
    assert account.upper is None
    assert "direction below: only values below count" in text_of(account)
    assert "above" not in account.enough[0]


@pytest.mark.parametrize(
    ("detectors", "is_shown"), [("[zscore, modified_zscore, iqr]", False), ("[auto]", True)]
)
def test_a_deviation_that_is_too_small(detectors: str, is_shown: bool) -> None:
    """The range of a window includes ``min_deviation``. It would reach below 0, so it is shown from 0 on:
    that is no edge of anomalies."""
    (account,) = accounts(f"metric: flow\ndetectors: {detectors}\nmin_deviation: 500\n", 150)
    assert account.status == "normal"
    assert account.least_deviation == 500
    assert account.why[1].endswith("from the expected value; `min_deviation` needs more than 500.")
    assert account.expected is not None
    assert (account.lower == 0.0) == (not is_shown)
    below = f"below {account.expected - 500:.6g} or " if is_shown else ""
    assert account.enough[0].startswith(f"A value {below}above {account.expected + 500:.6g} is an anomaly")


def test_an_anomaly_without_an_alert() -> None:
    (account,) = accounts(POINT + "sensitivity: 0\nalert_threshold: 99.9\n", 150)
    shown = account.alert_score if account.alert_score is not None else account.score
    assert shown is not None
    if shown < 99.9:
        assert account.why[-1].endswith("is below the alert threshold 99.9: no alert.")
        assert account.alert == "none"
    else:
        assert account.alert == "opened"


@pytest.mark.parametrize(
    ("detectors", "per_month"), [("[zscore, modified_zscore, iqr]", 0.02), ("[auto]", 1.0)]
)
def test_the_threshold_is_that_of_the_own_step(detectors: str, per_month: float) -> None:
    document = f"metric: flow\ndetectors: {detectors}\nmax_false_alarms: {per_month}/month\n"
    (account,) = accounts(document, 150)
    own = threshold_of(per_month * 7 / 30, 60.0, by_model=detectors == "[auto]")
    assert own > 60.0  # the threshold without a rate
    assert account.alert_threshold == pytest.approx(own)
    assert account.enough[-1] == f"An alert opens at an alert score of {own:.4g}."
    assert f"the alert threshold {own:.4g}" in account.why[-1]


def test_the_nearest_value_is_taken_and_named() -> None:
    (account,) = accounts(POINT, 150.4)
    assert account.timestamp == START + 60 * 150
    assert "no value at 2023-11-15 00:43:44 UTC: this is the nearest one, 24 s away" in text_of(account)


def test_every_series_and_config_is_accounted_for() -> None:
    found = accounts(f"{POINT}---\nid: model\nmetric: flow\n", 150, wanted="")
    assert {(one.series, one.config_id) for one in found} == {
        (f"flow{{site={site}}}", config) for site in "AB" for config in ("flow", "model")
    }
    model = next(one for one in found if one.config_id == "model")
    assert model.expected_from.startswith("the model auto: the forecast with the smallest recent error")
    assert model.expected_from.endswith("for values near it, what was expected as it began")
    assert [detector.score for detector in model.detectors] == [None]


def test_a_season_is_named_with_what_is_known_of_it() -> None:
    text = f"{POINT}seasonality: daily\n"
    documents = peaks(5 * 288, at=(1_400,))
    for number, document in enumerate(documents):
        document["timestamp"] = START + 300 * (number // 2)
        document["value"] = (
            300.0 if number // 2 == 1_400 else 100.0 + 40.0 * math.sin(number // 2 * math.pi / 144)
        )
    (account,) = accounts(text, 1_400 * 5, documents=documents)
    assert ", adjusted by seasonality daily, of which " in account.expected_from
    assert accounts(text, 40)[0].expected_from.endswith("; seasonality daily is not in use yet")


PAIR = "id: pair\nmembers: {a: {metric: a}, b: {metric: b}}\ninterval: 10s\nmin_observations: 50\n"


def members_together(leaves: int = 10_000) -> list[dict[str, object]]:
    """Two members that move together, 200 times; from the vector ``leaves`` on, the first is far away."""
    return [
        {
            "metric": metric,
            "timestamp": START + 10 * row,
            "value": (row * 7) % 11 + (metric == "b") + (80 if metric == "a" and row >= leaves else 0),
        }
        for row in range(200)
        for metric in "ab"
    ]


def test_a_group_names_its_members() -> None:
    (account,) = accounts(PAIR, 150 / 6, wanted="pair", documents=members_together())
    assert account.group is not None
    assert set(account.group.members) == {"a", "b"}
    text = text_of(account)
    assert "a: value " in text
    assert " % of the deviation, " in text
    assert "\n  value " not in text, "a vector has no value of its own"


def test_a_group_that_learns_shows_its_values_alone() -> None:
    (account,) = accounts(PAIR, 20 / 6, wanted="pair", documents=members_together())
    assert text_of(account).endswith("\n  members    a: value 8\n             b: value 9")


@pytest.mark.parametrize("row", [140, 151, 170])
@pytest.mark.parametrize(
    ("named", "count"), [("", len(OF_SECONDS)), ("detectors: [correlation, joint_auto]", len(OF_MINUTES))]
)
def test_a_group_says_which_statistic_would_have_been_enough(row: int, named: str, count: int) -> None:
    (account,) = accounts(PAIR + named, row / 6, wanted="pair", documents=members_together(leaves=150))
    found = re.findall(
        r"a statistic of (\S+) makes the vector an anomaly; it was (\S+)\.$", "\n".join(account.enough), re.M
    )
    assert len(found) == len(account.detectors) == count
    assert (account.status == "anomaly") is any(float(seen) >= float(least) for least, seen in found)


@pytest.mark.parametrize(
    ("row", "chance"),
    [
        (150, "rarer than once in the 150 values before it"),
        (148, "usual"),
    ],
)
def test_a_model_claims_no_odds_beyond_its_history(row: int, chance: str) -> None:
    (account,) = accounts("metric: flow\n", row)
    assert account.detectors[0].score is None
    assert f", {chance} (For any metric" in text_of(account)


def test_odds_that_the_history_supports_are_said() -> None:
    (account,) = accounts("metric: flow\n", 150)
    evidence = msgspec.structs.replace(account.detectors[0], p=0.00123)
    account = msgspec.structs.replace(account, detectors=[evidence], values_before=5_000)
    assert ", about once in 810 values (For any metric" in text_of(account)


def test_detectors_claim_no_odds_beyond_the_history() -> None:
    (account,) = accounts(POINT, 150)
    assert account.detectors[1].name == "modified_zscore"
    assert account.detectors[1].p is not None
    assert account.detectors[1].p < 1e-9, "the published figure is that of the detector's own model"
    assert account.detectors[1].score == 100.0
    said = next(line for line in text_of(account).splitlines() if " modified_zscore: " in line)
    assert ", rarer than once in the 150 values before it, score 100 (" in said
    assert not re.search(r"\bp \d|e-\d", text_of(account))


def test_a_group_claims_no_odds_beyond_its_vectors() -> None:
    (account,) = accounts(PAIR, 151 / 6, wanted="pair", documents=members_together(leaves=150))
    assert f", rarer than once in the {account.values_before} vectors before it, score " in text_of(account)


def test_numbers_that_are_nothing_beside_the_others_are_0() -> None:
    (account,) = accounts(POINT, 150)
    text = text_of(msgspec.structs.replace(account, expected=1.39482e-13, lower=-7.4e-302, upper=7.4e-302))
    assert "  expected   0" in text.splitlines()
    assert "  normal     0 to 0" in text.splitlines()


def test_an_account_is_json() -> None:
    (account,) = accounts(POINT, 150)
    assert msgspec.json.decode(msgspec.json.encode(account), type=Account) == account


@pytest.mark.parametrize(
    "text", ["1711792800", "2024-03-30T10:00:00Z", "2024-03-30T11:00:00+01:00", "2024-03-30 10:00"]
)
def test_times_as_people_write_them(text: str) -> None:
    assert parse_time(text) == 1_711_792_800.0


@pytest.mark.parametrize("text", ["", "noon", "inf", "2024-13-01"])
def test_text_that_is_not_a_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time"):
        parse_time(text)


def test_no_score_is_minus_zero() -> None:
    """A frozen value says nothing against a value that moves: p is 1, and -10 log10(1) is -0.0."""
    (account,) = accounts("metric: flow\ndetectors: [zscore, flat_line]\n", 150)
    assert [(detector.name, detector.p) for detector in account.detectors][1] == ("flat_line", 1.0)
    assert ", usual, score 0 (" in text_of(account)
    assert b"-0.0" not in msgspec.json.encode(account)
