"""Read a whole picture at once: bring it into form, and decode what the network says."""
