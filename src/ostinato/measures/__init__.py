"""What is measured: names, units, which way is better, and the customary computations."""
