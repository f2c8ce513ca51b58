"""Audit a site's own digit captcha: how often it is read, at what cost, and what to do instead.

Everything runs on labelled images of the site's owner. Nothing is sent anywhere, no site is driven.
"""
