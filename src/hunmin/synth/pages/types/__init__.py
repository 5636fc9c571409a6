"""The types of pages, by where they are read: office, forms, print, tills, displays, screens."""
