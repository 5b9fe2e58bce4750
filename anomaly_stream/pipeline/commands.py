"""Series commands, carried out on the rows of one bank.

They take effect when a checkpoint takes the rows, so that what they change becomes durable before anything
depends on it. A row remembers the newest command that it has obeyed. So it obeys each command once, whether
the worker ran, was down or was replaced meanwhile; and a row that begins later obeys only later ones.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from operator import attrgetter

import numpy as np

from anomaly_stream.alerts.lifecycle import CLOSED, ENDING, is_open
from anomaly_stream.engine.bank.bank import Bank
from anomaly_stream.engine.bank.rows import question_clock
from anomaly_stream.engine.scoring.known import SIDES
from anomaly_stream.model import Series
from anomaly_stream.model.commands import NO_COMMAND, CommandKind, SeriesCommand


def _reset(bank: Bank, row: int, _: SeriesCommand) -> None:
    """Let a row learn anew. Its clock is in question, and an open alert ends with the next observation."""
    number = np.array([row])
    bank.restart_rows(number)
    question_clock(bank.state.rows, number)
    alert = bank.state.alerts[row]
    alert["phase"] = ENDING if is_open(alert) else CLOSED


def _teach(bank: Bank, row: int, command: SeriesCommand) -> None:
    """Let a row know deviations on one side."""
    assert command.known is not None
    side, deviation = command.known
    record = bank.state.rows[row]
    record["known"][SIDES[side]] = deviation
    record["known_since"][SIDES[side]] = command.issued_at_ms / 1000 if deviation else 0.0
    record["dirty"] = 1


_EFFECTS: dict[CommandKind, Callable[[Bank, int, SeriesCommand], None]] = {
    CommandKind.RESET: _reset,
    CommandKind.TEACH: _teach,
}
"""What each kind does to a row."""


class CommandQueue:
    """The commands in force, and whether rows may still have to obey some of them.

    Attributes:
        obeyed_before: those in force that rows had obeyed before the last ``obey``, or began after.
    """

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._by_row: dict[tuple[str, Series], list[SeriesCommand]] = {}
        self._pending = False
        self._obeyed: list[SeriesCommand] = []
        self.obeyed_before: frozenset[SeriesCommand] = frozenset()

    def put(self, commands: Iterable[SeriesCommand]) -> None:
        """Replace the commands in force. Rows obey the newer ones at the next ``obey``."""
        by_row: dict[tuple[str, Series], list[SeriesCommand]] = defaultdict(list)
        for command in sorted(commands, key=attrgetter("position")):
            by_row[command.config_id, command.series].append(command)
        self._by_row = dict(by_row)
        self._bank.newest_command = self._newest if by_row else None
        self._pending = True

    def obey(self) -> None:
        """Carry out the commands that rows have not obeyed yet."""
        if not self._pending:
            return
        self._pending = False
        rows, configs = self._bank.state.rows, self._bank.plan.configs
        named = {config_id for config_id, _ in self._by_row}
        numbers = [number for number, config in enumerate(configs) if config.id in named]
        before: set[SeriesCommand] = set()
        for row in np.flatnonzero(np.isin(rows["config"][: self._bank.row_count], numbers)).tolist():
            key = configs[rows[row]["config"]].id, self._bank.series[rows[row]["series"]]
            for command in self._by_row.get(key, ()):
                if command.is_newer(int(rows[row]["command"])):
                    _EFFECTS[command.kind](self._bank, row, command)
                    rows[row]["command"] = command.position
                    self._obeyed.append(command)
                else:
                    before.add(command)
        self.obeyed_before = frozenset(before)

    def take_obeyed(self) -> list[SeriesCommand]:
        """The commands that rows have obeyed since the last call."""
        obeyed, self._obeyed = self._obeyed, []
        return obeyed

    def _newest(self, config_id: str, series: Series) -> int:
        commands = self._by_row.get((config_id, series))
        return commands[-1].position if commands else NO_COMMAND
