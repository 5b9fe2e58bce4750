"""Throughput of the worker, compared with stock Faust and with a loop that does nothing: ``python -m
benchmarks``.

Reading order: :mod:`~benchmarks.load` (the input of all contenders), :mod:`~benchmarks.rivals`,
:mod:`~benchmarks.transport`, :mod:`~benchmarks.engine`, :mod:`~benchmarks.worker` (the contenders),
:mod:`~benchmarks.contenders` (how they run), :mod:`~benchmarks.changelog` and :mod:`~benchmarks.recovery`
(the cost of state), :mod:`~benchmarks.report` (the output).

:mod:`benchmarks.quality` measures how well anomalies are detected.
"""
