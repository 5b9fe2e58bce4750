"""Groups: members aligned to vectors, detectors over them, verdicts on what is anomalous together."""
