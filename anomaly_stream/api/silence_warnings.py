"""What a new silence names that is not there now. It may come later, so these are warnings, not errors."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from anomaly_stream.api.caller import Caller
from anomaly_stream.api.filter_warnings import label_names, owner_warnings
from anomaly_stream.api.state import ApiState
from anomaly_stream.errors import FieldFault
from anomaly_stream.model.group import GroupConfig
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
    metrics = _metrics(state, caller, own)
    labels = label_names(state, caller)
    for place, selector in (("", silence), ("while.", silence.inhibitor)):
        if selector is not None:
            found += _of_selector(place, selector, {config.id for config in own}, whose, metrics)
            found += _of_labels(f"{place}match", (one.name for one in selector.match), labels)
    if silence.inhibitor is not None:
        found += _of_labels("while.equal", silence.inhibitor.equal, labels)
    return found


def _of_labels(field: str, names: Iterable[str], known: set[str]) -> list[FieldFault]:
    return [
        FieldFault(field, f"no worker sees a label {name!r} now{close_to(name, known)}")
        for name in dict.fromkeys(names)
        if known and name not in known
    ]


def _metrics(state: ApiState, caller: Caller, configs: list[Config]) -> set[str] | None:
    """The metrics that alerts can have now, those of groups too; None if no worker reports any."""
    seen = {metric.name for metric in state.workers().metrics() if caller.may_see(metric.name)}
    groups = {config.id for config in configs if isinstance(config, GroupConfig)}
    return seen | groups if seen else None


def _of_selector(
    place: str, selector: SelectorDocument, configs: set[str], whose: str, metrics: set[str] | None
) -> list[FieldFault]:
    found: list[FieldFault] = []
    config, metric = selector.config, selector.metric
    if config is not None and config not in configs:
        said = f"no config {config!r}{whose} is in force now{close_to(config, configs)}"
        found.append(FieldFault(f"{place}config", said))
    if metric is not None and metrics is not None and not any(fnmatchcase(one, metric) for one in metrics):
        said = f"no worker sees a metric {metric!r} now{close_to(metric, metrics)}"
        found.append(FieldFault(f"{place}metric", said))
    return found
