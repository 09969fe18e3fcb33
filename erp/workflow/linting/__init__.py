"""What is wrong with a diagram before it is published."""
