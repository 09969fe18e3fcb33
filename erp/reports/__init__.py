"""What leaves the product as a file: sheets, comma-separated values and prints."""
