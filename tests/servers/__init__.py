"""Servers for conformance suites and for tests that need a process of their own."""
