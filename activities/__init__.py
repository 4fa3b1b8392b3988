"""One step of input or output each, idempotent, named by a verb; bound to their gateways at start."""
