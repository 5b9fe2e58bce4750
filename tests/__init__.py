"""The suite; a package so that benchmarks can use its brokers too (``python -m tests.brokers``)."""
