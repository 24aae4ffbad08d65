"""Text classification: which label, or labels, a text has."""
