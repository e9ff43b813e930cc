"""What the oscilloscope costs and holds: `scripts/bench` runs the rows and prints one table."""
