"""The nouns: what a document is, how it is described and listed."""
