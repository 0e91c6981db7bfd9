"""Edits are data: small frozen values keyed by names. A draft holds them; a diff and a plan show them."""
