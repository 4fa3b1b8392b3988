"""The staff portal: pages people see. No business rule, no SQL: services are called in one transaction."""
