"""Authentication: tokens of our own, and JWTs of an OIDC issuer."""
