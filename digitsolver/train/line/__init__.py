"""Train the networks that read a whole picture: from drawn pictures, or from a few labels."""
