"""The drawer: what people keep, in memory, and in the folder of SCOPE_DATA if there is one.

drawer.py      all of it, for one process
pins.py        screens with their samples; pin_file.py their files, of the kinds in shapes.py; references.py
setups.py      knobs under a name
kept.py        things by number, on a shelf.py that several processes share
recordings.py  the recordings there are; recording.py one under way; entry.py what is known of one
block.py       samples on their way into one: writing.py, reading.py, mending.py, parquet.py, cells.py
replay.py      a recording as a live source
errands.py     work on files, beside the loop; disk.py what is said of a full one
"""
