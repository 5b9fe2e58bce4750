"""Groups: members are aligned to vectors, detectors judge the vectors, verdicts concern the whole group."""
