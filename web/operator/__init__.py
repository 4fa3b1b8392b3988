"""The operators' side of the portal: people of our own, apart from every company's staff."""
