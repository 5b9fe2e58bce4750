"""Decodes bytes to observation columns and faults, with one decoder per format; encodes events to bytes."""
