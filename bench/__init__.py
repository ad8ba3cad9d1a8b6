"""Benchmarks: ratios to a peer that runs in the same process or in the same minute."""
