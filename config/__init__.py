"""Settings records, their loader, the default values, and logging.

Only the roof (`run.py`, `run_options.py`) imports this package: everything below is given option records of
its own.
"""
