"""The commands, one a module; each has a function ``command`` that the command line registers."""
