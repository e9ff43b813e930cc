"""Colours of the screen, by slot and by part."""

from __future__ import annotations

BACKGROUND = "#0B0F14"
GRID = "#2A323C"
DIM = "#7D8A99"
TRACES = ("#FFD60A", "#00E5FF", "#FF5CF4", "#5AA2FF", "#FF9F0A", "#34D158", "#C9A2FF", "#FF6B6B")
