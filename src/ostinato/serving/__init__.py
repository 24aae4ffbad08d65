"""The studio: one page in a browser where a person watches training and tries models."""
