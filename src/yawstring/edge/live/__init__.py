"""The air as it is now: frames and states from the kernel's sockets, read without privileges."""
