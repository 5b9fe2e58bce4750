"""The test suite; a package, so that benchmarks can also use its brokers (``python -m tests.brokers``)."""
