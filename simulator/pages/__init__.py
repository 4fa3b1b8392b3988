"""Pages for people: the handsets with their messages, and the carriers' links with their faults."""
