"""THE FRONT: what a browser shows and a person turns, one instance for each tab.

bench.py      what all tabs of the process share
tab.py        one tab: ticks, commands, end
screen.py     Buffer -> DynamicMap -> the plot; graticule.py, theme.py its looks
panel.py      the front panel's bridge to the browser; commands.py what it may ask; readouts.py what it shows
demo.py       the demo signal: a sender like any other
door.py       who may open a page or its socket
"""
