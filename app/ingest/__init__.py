"""The probe: bytes come in, samples go to the memory."""
