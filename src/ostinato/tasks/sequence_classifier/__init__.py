"""Sequence classification: which label, or labels, a recording or each of its steps has."""
