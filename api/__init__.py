"""What machines call: the JSON API of companies' programs and the callbacks of carriers."""
