"""The one reason to skip that counts where no test may skip: a tool or a file can be brought there, a GPU cannot."""

NO_GPU = "no GPU here"
"""How the reason begins."""
