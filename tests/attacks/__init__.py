"""What a stranger inside the house tries: every way in, each seen to succeed once the guard is off."""
