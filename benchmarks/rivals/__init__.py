"""The rivals that the worker is compared with."""
