"""The kernels that score observations and update their rows."""
