"""Numbers of detectors: columns of every outcome, bits of every compiled config. None is given twice."""

ZSCORE, MODIFIED_ZSCORE, IQR, RESIDUAL, EWMA, CUSUM, FLAT_LINE, MISSING_DATA, RATE_OF_CHANGE, SPOT = range(10)
AUTO, SURPRISE = 10, 11
