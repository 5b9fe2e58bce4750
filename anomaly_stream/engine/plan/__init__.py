"""Configs compiled to arrays, and the record types that all kernels share."""
