"""Benchmarks for asv: `asv run`, in the folder above."""
