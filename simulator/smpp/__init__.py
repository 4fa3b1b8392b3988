"""SMPP 3.4, the SMSC's side, with a codec of its own."""
