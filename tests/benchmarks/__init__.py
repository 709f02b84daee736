"""Benchmarks: `make bench` runs all of them and prints one table. How each figure is made: docs/benchmarks.md."""
