"""Certificates: bounds that a small program of its own can check."""
