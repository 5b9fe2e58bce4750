"""Configs compiled to arrays, and the record types that the kernels of the engine share."""
