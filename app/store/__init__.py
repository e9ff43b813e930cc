"""The drawer: what people keep."""
