"""Sweeps: a grid of settings, every point solved once and stored at once."""
