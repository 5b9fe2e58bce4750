"""The numbers of one sentence, rounded with respect to each other."""

import pytest

from anomaly_stream.alerts.rounding import DETAILED, Rounding


@pytest.mark.parametrize(
    ("value", "lower", "upper", "spoken"),
    [
        (812.4321, 61.0, 118.3, "812.4"),
        (1_000_000.123, 1_000_000.0, 1_000_000.2, "1,000,000.1"),
        (1234567.8, None, None, "1,234,568"),
        (0.0, -1.0, 1.0, "0"),
        (0.00123456, None, None, "0.00123"),
        (-0.5, None, None, "-0.5"),
        (3.2e-9, None, None, "3.2e-09"),
        (1e300, -1e300, 1e300, "1e+300"),
        (1.7e308, -1.7e308, 1.7e308, "1.7e+308"),
        (5e-324, None, None, "4.94e-324"),
        (123456.0, 5.0, 5.0, "123,456"),
        (100.0, 0.0, 1e6, "100"),
    ],
)
def test_a_number_has_the_digits_that_the_width_needs(
    value: float, lower: float | None, upper: float | None, spoken: str
) -> None:
    assert Rounding.of(value, None, lower, upper).text(value) == spoken


@pytest.mark.parametrize(
    ("numbers", "spoken"),
    [
        ((1.0, 1.505e-07, -0.553, 0.539), "1 0 -0.553 0.539"),
        ((8.0, 1.743e-79, -0.0722, 0.0722), "8 0 -0.0722 0.0722"),
        ((8.0, 0.0, -7.423e-302, 7.423e-302), "8 0 0 0"),
        ((60.0, 1.39482e-13, 0.0, 1.653e-300), "60 0 0 0"),
        ((8.0, 7.0, 6.99999999948, 7.00000000052), "8 7 7 7"),
        ((8.0, 7.0, 6.99999998, 7.00000002), "8 7 7 7"),
        ((7.000001, 7.0, 6.99999999948, 7.00000000052), "7.000001 7 7 7"),
        ((5.0939e-298, 5.004e-299, 4.161e-299, 5.79444e-299), "5.094e-298 5e-299 4.16e-299 5.79e-299"),
        ((5.0939e-07, 5.004e-08, 4.161e-08, 5.79444e-08), "5.094e-07 5e-08 4.16e-08 5.79e-08"),
        ((1e9, 90.123, 61.0, 118.3), "1,000,000,000 90 61 118"),
        ((1e300, 90.123, 61.0, 118.3), "1e+300 90 61 118"),
        ((1_700_000_009.0, 1_700_000_000.5, 1_699_999_998.0, 1_700_000_003.0),
         "1,700,000,009 1,700,000,000 1,699,999,998 1,700,000,003"),
    ],
)  # fmt: skip
def test_what_is_nothing_beside_the_others_is_0(
    numbers: tuple[float, float, float, float], spoken: str
) -> None:
    rounding = Rounding.of(*numbers)
    assert " ".join(map(rounding.text, numbers)) == spoken


def test_a_peak_beyond_the_sentence_takes_no_digits_from_the_others() -> None:
    rounding = Rounding.of(90.0, 92.12, 61.0, 118.34)
    assert [rounding.text(number) for number in (90.0, 1e12, 118.34)] == ["90", "1,000,000,000,000", "118.3"]


def test_a_value_alone_is_shown_in_detail() -> None:
    rounding = Rounding.of(28.0, 193.9967, 146.22, 218.6892, digits=DETAILED)
    assert [rounding.text(number) for number in (193.9967, 218.6892)] == ["193.997", "218.689"]
