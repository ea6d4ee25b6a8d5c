"""Why a detector says what it says: what it lives off, and what is ordinary for each feature."""
