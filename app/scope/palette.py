"""Colours of the traces, by slot."""

from __future__ import annotations

TRACES = ("#FFD60A", "#00E5FF", "#FF5CF4", "#5AA2FF", "#FF9F0A", "#34D158", "#C9A2FF", "#FF6B6B")
