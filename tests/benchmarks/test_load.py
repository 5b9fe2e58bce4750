import orjson

from benchmarks.load import BASELINE_PERIOD_S, INTERVAL_S, SPIKE, WINDOW_POINTS, Load, series_key


def test_every_round_has_each_series_once_in_an_order_of_its_own() -> None:
    rounds = list(Load(series=50, ticks=3).rounds())

    assert [sorted(numbers) for numbers, _ in rounds] == [list(range(50))] * 3
    assert rounds[0][0] != rounds[1][0]
    for numbers, messages in rounds:
        hosts = [orjson.loads(message)["labels"]["host"] for message in messages]
        assert hosts == [series_key(number).decode() for number in numbers]


def test_messages_are_of_about_100_bytes_and_their_values_do_not_repeat() -> None:
    load = Load(series=500, ticks=20)
    messages = [message for _, messages in load.rounds() for message in messages]

    assert len(messages) == load.messages == 10_000
    assert 90 < sum(map(len, messages)) / len(messages) < 115
    assert len({orjson.loads(message)["value"] for message in messages}) == 10_000
    assert sum(len(message.partition('"value":')[2]) >= 17 for message in messages) > 9_000


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert list(Load(20, 2, 5).rounds()) == list(Load(20, 2, 5).rounds())
    assert list(Load(20, 2, 5).rounds()) != list(Load(20, 2, 6).rounds())


def test_time_goes_on_from_the_first_tick() -> None:
    stamps = [orjson.loads(messages[0])["timestamp"] for _, messages in Load(3, 3, first_tick=4).rounds()]

    assert [stamp - stamps[0] for stamp in stamps] == [0, INTERVAL_S, 2 * INTERVAL_S]
    assert next(Load(3, 1).rounds())[1][0].find(str(int(stamps[0]) - 4 * INTERVAL_S)) > 0


def test_some_values_are_far_out() -> None:
    values = [
        orjson.loads(message)["value"] for _, messages in Load(1_000, 60).rounds() for message in messages
    ]

    assert 0 < sum(value > 89 + 3 * (SPIKE - 10) for value in values) < 20


def test_the_period_keeps_a_window_full_and_never_thins_it() -> None:
    """Before a value enters, the window has one point less than its capacity."""
    times = [tick * INTERVAL_S for tick in range(2 * WINDOW_POINTS)]
    now = times[-1]

    assert sum(now - BASELINE_PERIOD_S <= time < now for time in times) == WINDOW_POINTS - 1
