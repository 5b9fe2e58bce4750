"""The JSON decoder: a kernel for plain messages, a full parser for all others."""
