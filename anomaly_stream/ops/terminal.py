"""Text from elsewhere on a terminal: its control characters are shown, and do nothing."""

_CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(32), *range(127, 160))}
_WITHIN_TEXTS = {code: shown for code, shown in _CONTROLS.items() if chr(code) != "\n"}


def line(text: str) -> str:
    """The text with its control characters escaped, so that it is one line and moves no cursor."""
    return text.translate(_CONTROLS)


def lines(text: str) -> str:
    """The same for a text of several lines."""
    return text.translate(_WITHIN_TEXTS)
