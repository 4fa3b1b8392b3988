"""The staff portal: pages people see. No business rule and no SQL; services are called inside one transaction."""
