"""Our detector beside its rivals: one table for each corpus."""

from collections.abc import Iterator, Sequence

from benchmarks.quality.evaluation import CLOUD, NAB, SYNTHETIC, Evaluation, Judged
from benchmarks.quality.rivals.published import CLOUD_30, NAB_31, NAB_58, NabFigures
from benchmarks.quality.segments import Count
from benchmarks.quality.windows import PROFILES, Tally

_TITLE, _LONG_TITLE = 44, 50
_WINDOWS = (
    f"{'standard':>8} {'low FP':>7} {'low FN':>7} {'hits':>9} {'false':>6} {'in 1000':>8} {'threshold':>10}"
)
_SEGMENTS = (
    f"{'F1':>8} {'precision':>10} {'recall':>7} {'false a week':>13} {'threshold':>10}"
    f"   {'recall at <= 1 a week':>21}"
)
_TITLES = {NAB: "NAB", CLOUD: "service metrics", SYNTHETIC: "synthetic suite"}


def tables(ours: Evaluation, rivals: Sequence[Evaluation]) -> str:
    """A table for each corpus that ``ours`` has."""
    blocks = []
    for name, part in ours.parts.items():
        found = [(rival.label, rival[name]) for rival in rivals]
        rows = (
            _window_rows(ours.label, part, found) if part.windowed else _segment_rows(ours.label, part, found)
        )
        blocks.append("\n".join([_header(name, part), *rows, *(_published_nab() if name == NAB else ())]))
    return "\n\n".join(blocks)


def summary(ours: Evaluation, rivals: Sequence[Evaluation]) -> str:
    """One line for each detector with all corpora, because a default must do well on every one."""
    columns = {NAB: "NAB std / low FP / low FN", SYNTHETIC: "synthetic suite, standard"}
    titles = (columns.get(name, f"{name}: F1/prec./recall") for name in ours.parts)
    lines = [f"{'':{_LONG_TITLE}}" + "".join(f"{title:>28}" for title in titles)]
    if all(part.has_alerts for part in ours.parts.values()):
        lines.append(
            f"{f'{ours.label}, as shipped':{_LONG_TITLE}}" + "".join(map(_shipped_cell, ours.parts.values()))
        )
    for evaluation in (ours, *rivals):
        title = f"{evaluation.label}, best threshold"
        lines.append(f"{title:{_LONG_TITLE}}" + "".join(map(_best_cell, evaluation.parts.values())))
    joint = ours.joint_threshold()
    if len(ours.parts) > 1:
        cells = "".join(map(_shipped_cell, ours.at(joint).parts.values()))
        lines.append(f"{f'{ours.label}, all at {joint:.4g}':{_LONG_TITLE}}{cells}")
    return "\n".join(lines)


def _header(name: str, part: Judged) -> str:
    if part.windowed:
        what = f"{part.by_windows.windows} windows, {part.by_windows.rows:,} rows that count"
    else:
        what = f"{part.by_segments.segments} segments, {part.by_segments.weeks:.0f} series-weeks"
    columns = _WINDOWS if part.windowed else _SEGMENTS
    return f"{_TITLES.get(name, name)}: {len(part.corpus)} series, {what}\n{'':{_TITLE}}{columns}"


def _window_rows(label: str, part: Judged, rivals: Sequence[tuple[str, Judged]]) -> Iterator[str]:
    for title, judged in ((label, part), *rivals):
        if judged.alert_tally is not None:
            yield _window_row(f"{title}, as shipped", judged.alert_tally, "its alerts")
    for title, judged in ((label, part), *rivals):
        curve = judged.by_windows
        best = curve.best()
        scores = [curve.at(curve.best(profile)).score(profile) for profile in PROFILES]
        yield _window_row(f"{title}, best", curve.at(best), f"{best:.5g}", scores)


def _window_row(title: str, tally: Tally, threshold: str, scores: Sequence[float] = ()) -> str:
    """``scores``: of the three profiles, if each has its own threshold."""
    standard, low_fp, low_fn = scores or [tally.score(profile) for profile in PROFILES]
    hits = f"{tally.hits}/{tally.windows}"
    return (
        f"{title:{_TITLE}}{standard:8.1f} {low_fp:7.1f} {low_fn:7.1f} {hits:>9} {tally.false:6}"
        f" {tally.per_1000:8.2f} {threshold:>10}"
    )


def _segment_rows(label: str, part: Judged, rivals: Sequence[tuple[str, Judged]]) -> Iterator[str]:
    for title, judged in ((label, part), *rivals):
        if judged.alert_count is not None:
            yield _segment_row(f"{title}, as shipped", judged.alert_count, "its alerts", None)
    for title, judged in ((label, part), *rivals):
        curve = judged.by_segments
        best = curve.best()
        recall = curve.at(curve.best_recall()).recall
        yield _segment_row(f"{title}, best", curve.at(best), f"{best:.5g}", recall)
    for figures in CLOUD_30 if part.name == CLOUD else ():
        yield f"{f'other: {figures.title}':{_TITLE}}{figures.f1:8.2f}{'':47}{figures.recall:24.2f}"


def _segment_row(title: str, count: Count, threshold: str, recall: float | None) -> str:
    return (
        f"{title:{_TITLE}}{count.f1:8.2f} {count.precision:10.2f} {count.recall:7.2f}"
        f" {count.false_a_week:13.2f} {threshold:>10}   {'' if recall is None else f'{recall:.2f}':>21}"
    )


def _published_nab() -> Iterator[str]:
    for figures in NAB_31:
        yield _published("31 files", figures)
    for figures in NAB_58:
        yield _published("all 58 files", figures)


def _published(what: str, figures: NabFigures) -> str:
    title = f"published, {what}: {figures.title}"
    return f"{title:{_TITLE}}{figures.standard:8.1f} {figures.low_fp:7.1f} {figures.low_fn:7.1f}"


def _shipped_cell(part: Judged) -> str:
    if not part.windowed:
        return f"{'':28}" if part.alert_count is None else _count_cell(part.alert_count)
    tally = part.alert_tally
    return (
        f"{'' if tally is None else _scores(part.name, [tally.score(profile) for profile in PROFILES]):>28}"
    )


def _best_cell(part: Judged) -> str:
    if not part.windowed:
        return _count_cell(part.by_segments.at(part.by_segments.best()))
    curves = part.by_windows
    return (
        f"{_scores(part.name, [curves.at(curves.best(profile)).score(profile) for profile in PROFILES]):>28}"
    )


def _count_cell(count: Count) -> str:
    return f"{f'{count.f1:.2f} / {count.precision:.2f} / {count.recall:.2f}':>28}"


def _scores(name: str, scores: Sequence[float]) -> str:
    return " / ".join(f"{score:.1f}" for score in (scores[:1] if name == SYNTHETIC else scores))
