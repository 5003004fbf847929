"""Many runs: comparisons, splits of gaps, benches, and the papers' experiments."""
