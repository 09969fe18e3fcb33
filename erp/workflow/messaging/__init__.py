"""Messages, signals and starts: kept, led by name and key, waited for."""
