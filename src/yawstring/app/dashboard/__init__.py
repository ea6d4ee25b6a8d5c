"""The dashboard: what the watch has written, on a page that a person can glance at, in a process of its own.

It reads the store of alerts and nothing else, so it never holds up the watch and outlives it. Every text that came out
of the air goes through :mod:`yawstring.app.dashboard.markup`, which escapes it; the browser cleans it once more, and
the page's content security policy forbids anything from another host.
"""
