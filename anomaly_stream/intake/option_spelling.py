"""How messages name the options of an input: as those who read the messages write them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OptionSpelling:
    """How the options are written that come with an input."""

    kind: str
    """Before a name that has no value."""
    prefix: str
    """Before every name."""
    word_mark: str
    """Between the words of a name."""
    value_mark: str
    """Between a name and its value."""
    switch: str
    """After the name of an option without a value."""
    between: str
    """Between two options."""
    lacking: frozenset[str] = frozenset()
    """Options that cannot be given there."""

    def has(self, option: str) -> bool:
        """Whether the option can be given."""
        return option not in self.lacking

    def name(self, option: str) -> str:
        """The name alone. ``option`` has underscores between its words."""
        return self.kind + self._written(option)

    def given(self, option: str, value: str = "") -> str:
        """The option with this value; without a value, a switch that is on."""
        return self._written(option) + (f"{self.value_mark}{value}" if value else self.switch)

    def _written(self, option: str) -> str:
        return self.prefix + option.replace("_", self.word_mark)


COMMAND_LINE = OptionSpelling("", "--", "-", " ", "", " ")
QUERY = OptionSpelling("parameter ", "", "_", "=", "=true", " and ", frozenset({"format", "input", "sort"}))
"""The parameters of a request."""
BODY = OptionSpelling("field ", "", "_", ": ", ": true", " and ", QUERY.lacking | {"label_column"})
"""The fields of a JSON document, with observations as messages of a metrics topic."""
