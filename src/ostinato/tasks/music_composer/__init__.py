"""Music: what sounds next, pieces written on, melodies harmonised."""
