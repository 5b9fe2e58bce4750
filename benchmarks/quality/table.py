"""Tables of evaluations, for a terminal."""

from benchmarks.quality.evaluation import Evaluation, Judged
from benchmarks.quality.segments import Count
from benchmarks.quality.windows import PROFILES, STANDARD, Curve, Tally


def compact(evaluation: Evaluation) -> str:
    """A few lines per corpus: at its best threshold, at one threshold for all, for the detector's alerts."""
    joint = evaluation.joint_threshold()
    lines = [evaluation.label]
    for name, part in evaluation.parts.items():
        lines.append(f"  {name}: {len(part.corpus)} series, {_size(part)}")
        if not part.windowed:
            curve = part.by_segments
            best, recall = curve.best(), curve.best_recall()
            counts = [("best F1", best, curve.at(best)), ("<= 1 false a week", recall, curve.at(recall))]
            counts.append(("one threshold for all", joint, curve.at(joint)))
            lines += [f"    {title:22}{count_line(count)}  at {at:.4g}" for title, at, count in counts]
            if part.alert_count:
                lines.append(f"    {'its alerts':22}{count_line(part.alert_count)}")
        else:
            best = part.by_windows.best()
            lines.append(f"    {'best a profile':22}{best_line(part.by_windows)}  at {best:.4g}")
            lines.append(f"    {'best, standard':22}{tally_line(part.by_windows.at(best))}")
            lines.append(
                f"    {'one threshold for all':22}{tally_line(part.by_windows.at(joint))}  at {joint:.4g}"
            )
            if part.alert_tally:
                lines.append(f"    {'its alerts':22}{tally_line(part.alert_tally)}")
    return "\n".join(lines)


def breakdown(evaluation: Evaluation, name: str, threshold: float | None = None) -> str:
    """A line for each file or each kind of the synthetic suite, the worst first."""
    part = evaluation[name]
    if threshold is None and not part.has_alerts:
        threshold = part.curve.best()
    by_kind = not any(series.name.endswith(".csv") for series in part.corpus)
    groups = dict.fromkeys(series.category if by_kind else series.name for series in part.corpus)
    lines: list[tuple[float, str]] = []
    for group in part.by(groups, category=by_kind):
        if not part.windowed:
            count = group.by_segments.at(threshold) if threshold is not None else group.alert_count
            if count is not None:
                missed = count.segments - count.found
                lines.append((missed + count.false, f"  {group.name:50} {count_line(count)}"))
        else:
            tally = group.by_windows.at(threshold) if threshold is not None else group.alert_tally
            if tally is not None:
                lost = tally.windows * (STANDARD.hit + STANDARD.miss) - tally.points(STANDARD)
                lines.append((lost, f"  {group.name:56} {_file_line(tally, lost)}"))
    lines.sort(key=lambda line: -line[0])
    at = "its alerts" if threshold is None else f"threshold {threshold:.4g}"
    return "\n".join([f"{evaluation.label}, {name}, at {at}, most lost first", *(line for _, line in lines)])


def best_line(curve: Curve) -> str:
    """The three profiles, each at its own best threshold."""
    return " / ".join(f"{curve.at(curve.best(profile)).score(profile):5.1f}" for profile in PROFILES)


def tally_line(tally: Tally) -> str:
    """The scores in the three profiles, hits, false detections, and the rate of detections."""
    scores = " / ".join(f"{tally.score(profile):5.1f}" for profile in PROFILES)
    return (
        f"{scores}  hits {tally.hits:3}/{tally.windows:<3} false {tally.false:5}"
        f"  alerts in 1000 {tally.per_1000:6.2f}"
    )


def count_line(count: Count) -> str:
    """F1, and the counts that it is computed from."""
    return (
        f"F1 {count.f1:4.2f}  precision {count.precision:4.2f}  recall {count.recall:4.2f}"
        f"  found {count.found:3}/{count.segments:<3} false {count.false:4}"
        f" ({count.false_a_week:5.2f} a week)"
    )


def _size(part: Judged) -> str:
    if not part.windowed:
        return f"{part.by_segments.segments} segments, {part.by_segments.weeks:.1f} weeks"
    return f"{part.by_windows.windows} windows, {part.by_windows.rows} rows that count"


def _file_line(tally: Tally, lost: float) -> str:
    hits = f"hits {tally.hits:2}/{tally.windows:<2} false {tally.false:4}"
    return f"{hits}  lost {lost:6.2f} of {2 * tally.windows}"
