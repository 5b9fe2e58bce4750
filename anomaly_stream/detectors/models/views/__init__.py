"""The parts of ``auto``, in the order in which a value passes them.

``forecasts`` gives the expected value (``weeks`` that of an hour of the week), ``views`` six distances from
what is usual, ``ranks`` how rarely each was as large, ``strength`` the evidence of all, ``evaluation`` the
verdict, ``band`` its edges, ``learning`` the update of the state (``state``).
"""
