"""Running documents go to another version, or a token to another place."""
