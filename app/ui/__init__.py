"""THE FRONT: what a browser shows and a person turns, one instance for each tab.

bench.py     what all tabs of the process share
tab.py       one tab: its knobs, its picture at rest, commands, end
screen.py    what stands on the glass at rest; plot.py Buffer -> DynamicMap -> the plot; graticule.py its grid
stock.py     plots made ahead; known.py how they read as JSON, found out once
bridge.py    the front panel's messages; commands.py what it may ask
page.py      the texts of the pages; door.py who may open one or its socket, and when; front.py serves them
demo.py      the demo signal: a sender like any other
static/      feed.js, wire.js, screen.js the live picture; panel.js the panel; watch.js the page that watches;
             probe.js the page of a phone, stream.js its way to POST /data
"""
