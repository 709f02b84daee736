"""Settings records, their loader, the default values, and logging.

Only the roof (`run.py` and its modules `run_*`) imports this package: everything below is given option
records of its own.
"""
