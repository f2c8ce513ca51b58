"""The pipeline: a style, the stages in order, and the trace of their outputs."""
