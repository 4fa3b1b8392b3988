"""The whole product, started as `make run` starts it, used as its users do."""
