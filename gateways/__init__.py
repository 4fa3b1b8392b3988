"""One folder per outside party: its client, its receipts, its status table. Dataclass in, dataclass out."""
