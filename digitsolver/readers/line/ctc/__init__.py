"""Decode frames by connectionist temporal classification (CTC)."""
