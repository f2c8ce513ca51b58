"""Spread work over processes, or over the machines of a Dask cluster."""
