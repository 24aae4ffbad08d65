"""Image captioners: what is in a picture, in words."""
