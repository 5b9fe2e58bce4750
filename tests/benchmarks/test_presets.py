from benchmarks.presets import Count, best_at, counts, fleet, water_flow


def test_at_equal_recall_a_fitting_preset_has_fewer_false_alarms_than_zscore() -> None:
    for scene in (water_flow(), fleet()):
        plain = counts(scene, {"detectors": ["zscore"]})
        recall = max(one.found for one in plain)
        fitting = best_at(recall, counts(scene, {"preset": scene.preset}))
        against = best_at(recall, plain)
        assert fitting is not None, scene.name
        assert against is not None, scene.name
        assert fitting.false < against.false, scene.name


def test_the_best_threshold_is_the_one_with_the_fewest_false_alarms() -> None:
    counted = [Count(20, 5, 9), Count(30, 5, 2), Count(40, 4, 1), Count(50, 4, 1)]
    assert best_at(5, counted) == Count(30, 5, 2)
    assert best_at(4, counted) == Count(50, 4, 1)
    assert best_at(6, counted) is None
