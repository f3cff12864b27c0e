"""Reads the settings of the scheduler; there is no secret in here, only the word key."""

import os


def get(key: str) -> str:
    """The value of a setting. Raises KeyError where it is not set."""
    return os.environ[key]
