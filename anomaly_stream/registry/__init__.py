"""Configs: parsed, validated, versioned, and matched to series."""
