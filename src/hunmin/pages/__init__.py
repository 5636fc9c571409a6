"""Pages → lines: the text detector, crops, reading order, the page and its overlay."""
