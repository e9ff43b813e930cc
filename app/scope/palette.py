"""Colours of the traces, by slot, and of levels."""

from __future__ import annotations

TRACES = ("#FFD60A", "#00E5FF", "#FF5CF4", "#5AA2FF", "#FF9F0A", "#34D158", "#C9A2FF", "#FF6B6B")

# from the lowest level to the highest, evenly spaced and evenly lighter (OKLab 0.17 to 0.93)
RAMP = ("#0F0E18", "#142249", "#004176", "#006585", "#008687", "#07A684", "#61C472", "#B3DB50", "#FFEA4C")
