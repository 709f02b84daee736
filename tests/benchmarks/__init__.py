"""Benchmarks: `make bench` runs all and prints the tables. How figures are made: docs/benchmarks.md."""
