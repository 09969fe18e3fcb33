"""Running instances in an operator's hands: incidents, suspended processes, what is due."""
