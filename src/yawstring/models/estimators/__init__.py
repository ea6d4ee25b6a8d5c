"""Detectors as scikit-learn estimators. Its modules need scikit-learn; the rest of the package trains without them."""
