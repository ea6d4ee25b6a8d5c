"""Why a detector says what it says: which signals moved a score, and which ones it lives off altogether."""
