"""Translators: one text from another."""
