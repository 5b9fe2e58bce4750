"""Constants of the normal distribution that robust detectors share."""

NORMAL_MAD = 0.6745
"""The MAD, and the upper quartile, of a normal distribution with standard deviation 1."""
NORMAL_IQR = 1.349
"""The interquartile range of that distribution."""
EFFICIENCY = 0.37
"""The asymptotic efficiency of MAD and IQR as estimates of the standard deviation.

The variance of such an estimate from n values is that of the standard deviation of 0.37 n values.
"""
