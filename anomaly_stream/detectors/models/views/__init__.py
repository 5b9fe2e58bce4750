"""The parts of ``auto``, in the order in which a value passes them.

``forecasts`` gives the expected value (``weeks`` that of an hour of the week, ``jobs`` what may come too),
``views`` six distances from what is usual, ``ranks`` how rarely each was as large, ``strength`` the evidence
of all, ``drift`` that of a level that is away, without the daily ``season``, ``incident`` what goes on with
an alert, ``evaluation`` the verdict, ``way_back`` what is no news to a config with a ``direction`` (both by
what is ``remembered``), ``band`` the edges, ``learning`` the update of the state (``state``), with ``hours``
that of hours of the clock.
"""
