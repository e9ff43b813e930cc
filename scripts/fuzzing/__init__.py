"""Damaged bodies of every format, thrown at the decoders: each gives valid samples, or a problem."""
