"""Pure rules of message delivery: no input or output, no clock, no framework."""
