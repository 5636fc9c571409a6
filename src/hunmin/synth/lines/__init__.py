"""One line of text as a picture: layout, kinds, degradation."""
