"""The class of each row of a stream, learned while it comes."""
