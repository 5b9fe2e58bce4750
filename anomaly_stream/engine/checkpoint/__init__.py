"""The bank's rows as state records, and back."""
