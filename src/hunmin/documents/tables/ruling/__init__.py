"""The grids of a page: its rules in the picture, how they cross, and which cells they enclose."""
