"""Run the stages in order, as a style says, and record what each of them gives."""
