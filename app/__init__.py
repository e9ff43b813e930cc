"""Web Oscilloscope: whoever can POST a number is a probe, whoever has the link has a front panel.

A sample's way, and the folder that it passes:

    sender -- POST /data -->  ingest   the probe: bytes to samples
                              memory   everything received, capped: ring, pyramid, segments
    ------------------------- Memory decouples the rates: pushed in, pulled out -------------
                              scope    the instrument: knobs, view, trigger search, sweep, frame
    browser <-- GET /frames   feed     the beam: live frames, made once for all who watch the same view
    browser <---------------  ui       the front: at rest Buffer -> DynamicMap -> plot, and the panel
    reader  <-- GET /data --  api      the connector: samples read back

store is the drawer, for what people keep; guard says who may come in; dsp is the arithmetic below them all.
The chassis is the process around the instrument, system what it needs of the machine. server.py wires them.
"""
