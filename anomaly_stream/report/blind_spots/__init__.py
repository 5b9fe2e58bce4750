"""What a config would not see: the smallest changes of a series that open an alert, by injection."""
