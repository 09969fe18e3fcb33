"""The audit as people read it: found by who, what, when and where, told in words, written as a file, kept so long."""
