"""Measure how well a solver reads: statistics, evaluation, plots."""
