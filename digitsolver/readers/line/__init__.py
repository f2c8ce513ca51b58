"""Read a whole image with one network: no stages, no segmentation."""
