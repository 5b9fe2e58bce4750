"""The logs of libraries that deliver messages: off, because they hold URLs and headers, which are secrets."""

import logging

_LIBRARIES = ("aiohttp", "apprise", "oauthlib", "requests", "requests_oauthlib", "urllib3")


def silence_libraries() -> None:
    """Turn these logs off at every level. Receivers report failures themselves, without secrets."""
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
