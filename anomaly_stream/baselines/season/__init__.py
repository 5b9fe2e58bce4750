"""The seasonal baseline of one row: profiles, level and trend, and the adjustment of values by them."""
