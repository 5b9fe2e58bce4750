"""Configs: parsed from what users write, validated, versioned, and matched to series."""
