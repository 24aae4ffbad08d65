"""Numbers of recordings."""
