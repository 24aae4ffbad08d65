"""Speech recognition: what is said in a recording, and when."""
