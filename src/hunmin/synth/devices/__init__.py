"""Devices: what a scanner, a fax, a camera, a printer or a display makes of a page."""
