"""The reference notebook as a protocol, kept faithful to its quirks, and a ledger of what those quirks hide.

Nothing else in the package behaves like this. The notebook trains a binary LSTM on a fused table of frames and
telemetry; `docs/explanation/the-notebook.md` tells what it does and what is wrong with it.

- ``steps``: from the table to weighed, sorted, scaled rows, windows and a split.
- ``network``: the notebook's network, fitted and scored.
- ``measures``: figures of a binary verdict.
- ``protocol``: all of it in order.
- ``ledger``: the flaws, removed one after another, with the figures after each.
- ``quirks``: flaws that are no steps, each measured.
- ``page``: the report as sections, tables and figures.
"""
