"""The chassis: the process around the instrument: how it begins, how it is, what it says, how it ends."""
