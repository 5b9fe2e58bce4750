"""Silences: which alert events are suppressed on purpose. A pure function of the event and the silences."""
