"""What every training needs: checkpoints, listeners, calibration, export, comparison."""
