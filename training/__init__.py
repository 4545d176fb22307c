"""From folders of photos to a bundle that `model` serves. Knows nothing of Telegram or of web pages."""
