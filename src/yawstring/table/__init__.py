"""Columns in, columns out: loading, recordings, scaling, windows, splits. No I/O."""
