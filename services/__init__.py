"""Use cases, and the only place that writes SQL. Nothing here commits: the caller's transaction does."""
