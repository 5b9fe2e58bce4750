"""How fast the worker is, beside stock Faust and beside a loop that does nothing: ``python -m benchmarks``.

Reading order: :mod:`~benchmarks.load` (what everyone reads), :mod:`~benchmarks.rivals`,
:mod:`~benchmarks.transport`, :mod:`~benchmarks.engine`, :mod:`~benchmarks.worker` (the contenders),
:mod:`~benchmarks.contenders` (how they run), :mod:`~benchmarks.changelog` and :mod:`~benchmarks.recovery`
(what state costs), :mod:`~benchmarks.report` (what is printed).

How well it detects is measured apart: :mod:`benchmarks.quality`.
"""
