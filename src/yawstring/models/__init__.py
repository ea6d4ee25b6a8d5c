"""Arrays in, scores out: one detector family a file, all meeting the contract in `base`."""
