"""Colours of the screen, by slot and by part."""

from __future__ import annotations

BACKGROUND = "#0B0F14"
GRID = "#2A323C"
DIM = "#7D8A99"
