"""How a page is set: sheets that are written on, type, blocks, and parts that several types share."""
