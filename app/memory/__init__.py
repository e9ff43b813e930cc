"""The memory: everything received and nothing else. Samples fill a record, one for each channel: a ring with
its segments (where x starts afresh), its gaps and a pyramid of extremes, so that any part of it can be shown
at a cost that follows the screen and not the number of samples."""
