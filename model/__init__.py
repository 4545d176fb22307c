"""Classifies a photo, or each face in it, with the labels of a bundle.

Knows nothing of Telegram, of web pages or of training. `Classifier.open()` is the way in.
"""

from model.bundle import NO_FACE, NONE, Bundle, BundleError, Manifest
from model.classifier import Classifier
from model.image import PhotoError
from model.prediction import Face, Prediction

__all__ = ["NONE", "NO_FACE", "Bundle", "BundleError", "Classifier", "Face", "Manifest", "PhotoError", "Prediction"]
