"""Collect captchas: generate, import or fetch them, label them, check them."""
