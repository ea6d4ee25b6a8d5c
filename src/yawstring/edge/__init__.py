"""The only rooms that touch files, sockets, clocks, processes and the environment."""
