"""Labels in lists, one file a dialect: of paths and texts, or of boxes on a page."""
