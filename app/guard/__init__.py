"""Who may connect, send and look, and how fast."""
