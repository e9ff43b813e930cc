"""The connector: reading back what the memory holds."""
