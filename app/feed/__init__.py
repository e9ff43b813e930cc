"""The beam: one frame, encoded once, to all who watch the same view."""
