"""A classifier that learns from a few photos in a second, without PyTorch: a linear head on a general backbone."""
