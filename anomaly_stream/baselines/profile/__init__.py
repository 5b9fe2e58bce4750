"""One seasonal profile: the usual value of each slot of a cycle (a day, a week, any period)."""
