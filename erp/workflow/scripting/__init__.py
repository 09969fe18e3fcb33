"""Scripts and expressions of diagrams: compiled, counted, bounded; and the values they may hold."""
