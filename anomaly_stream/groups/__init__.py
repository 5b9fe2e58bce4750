"""Groups: members aligned to vectors, detectors over the vectors, verdicts on the whole group."""
