"""The system below: sockets, threads, memory, network and certificates of the machine that it runs on."""
