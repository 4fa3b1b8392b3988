"""Posted fields into values, with the errors to show beside them. No rule: rules are the services'."""
