"""Tables that belong to no single company, each with its reason; every other one is protected by company.

The one place where sharing is decided: ``tests/architecture/test_company_tables.py`` compares it with the
catalogue of a migrated database.
"""

SHARED_TABLES = {
    "alembic_version": "which migrations were applied",
    "known_carriers": "a fact about a number, learned by whoever sent to it first; it names no company",
    "rate_buckets": "strangers who try to sign in belong to no company yet; rows are hashes of addresses",
    "number_lanes": "a carrier's rule about a number (S-8) holds for all senders together",
    "number_references": "what a handset must tell apart comes from all senders together",
    "operators": "people of our own side belong to no company (decision 0021)",
    "operator_sessions": "the same; the token's hash cannot be guessed",
    "operator_totp_secrets": "the same; sealed with a key that is not in the database (decision 0025)",
    "operator_backup_codes": "the same; hashed with that key",
    "operator_sign_in_places": "the same; places are hashes of addresses",
    "links": "a link carries every company's messages",
    "link_states": "what a process says of a link, counts and codes only",
}

# Of a company only from a moment on; until then a row is nobody's and everybody's.
SHARED_UNTIL_CLAIMED = {
    "receipts": "a carrier's report can come before the submit it is for; its message tells the company",
}
