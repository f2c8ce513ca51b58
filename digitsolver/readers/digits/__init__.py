"""Find the digits by the stages, and classify each with a convolutional network."""
