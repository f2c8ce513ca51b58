"""Collect captchas: draw them, or import a folder of them."""
