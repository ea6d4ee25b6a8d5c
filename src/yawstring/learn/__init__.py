"""Training, evaluation and audit: tables meet models here."""
