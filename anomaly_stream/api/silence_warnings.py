"""What a new silence names that is not there now. It may come later, so these are warnings, not errors."""

from collections.abc import Iterable

from anomaly_stream.api.caller import Caller
from anomaly_stream.api.filter_warnings import owner_warnings
from anomaly_stream.api.seen_names import label_names, seen_metrics, unseen_labels, unseen_metric
from anomaly_stream.api.state import ApiState
from anomaly_stream.errors import FieldFault
from anomaly_stream.model.group import GroupConfig
from anomaly_stream.model.status import SeenMetric
from anomaly_stream.registry.faults import close_to
from anomaly_stream.registry.parsing import Config
from anomaly_stream.silences.document import SelectorDocument, SilenceDocument


def silence_warnings(state: ApiState, caller: Caller, silence: SilenceDocument) -> list[FieldFault]:
    """By field, the configs, metrics, owners and labels that the silence names and that nobody has now.

    Metrics and labels are known only where workers report them. Raises BrokerError.
    """
    configs = [record.config for record in state.store.current()]
    owner, found = silence.owner, list[FieldFault]()
    if owner:
        found += owner_warnings(state, caller, owner, (config.owner for config in configs))
    own = [config for config in configs if owner in ("", config.owner)]
    whose = f" of the group {owner!r}" if owner else ""
    seen = seen_metrics(state, caller)
    metrics, labels = _metrics(seen, own), label_names(seen or ())
    for place, selector in (("", silence), ("while.", silence.inhibitor)):
        if selector is not None:
            found += _of_selector(place, selector, {config.id for config in own}, whose, metrics)
            found += _of_labels(f"{place}match", (one.name for one in selector.match), labels)
    if silence.inhibitor is not None:
        found += _of_labels("while.equal", silence.inhibitor.equal, labels)
    return found


def _of_labels(field: str, names: Iterable[str], known: set[str]) -> list[FieldFault]:
    return unseen_labels(field, names, known) if known else []


def _metrics(seen: Iterable[SeenMetric] | None, configs: list[Config]) -> set[str] | None:
    """The metrics that alerts can have now, those of groups too; None if they are not known."""
    groups = {config.id for config in configs if isinstance(config, GroupConfig)}
    return None if seen is None else groups.union(one.name for one in seen)


def _of_selector(
    place: str, selector: SelectorDocument, configs: set[str], whose: str, metrics: set[str] | None
) -> list[FieldFault]:
    found: list[FieldFault] = []
    config, metric = selector.config, selector.metric
    if config is not None and config not in configs:
        said = f"no config {config!r}{whose} is in force now{close_to(config, configs)}"
        found.append(FieldFault(f"{place}config", said))
    if metric is not None and metrics is not None:
        found += unseen_metric(f"{place}metric", metric, metrics)
    return found
