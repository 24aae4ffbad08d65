"""Language models: what comes next in a text, and text written from it."""
