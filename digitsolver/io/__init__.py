"""Read and write files: images, archives, logs of readings, and files written atomically."""
