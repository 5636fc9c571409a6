"""What a document is written as, a file for each format."""
