"""What a person runs: the command line and the reference protocol."""
