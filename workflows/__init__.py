"""What happens to a campaign or a message over time. Deterministic; names only activities and rules."""
