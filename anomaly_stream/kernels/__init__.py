"""Numba functions: arrays in, arrays out; each has a slow, obvious twin in the tests."""
