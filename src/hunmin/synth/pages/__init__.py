"""Pages: written whole, put through a device, and cut into crops as a text detector cuts them."""
