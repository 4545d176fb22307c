"""The same model as a web page and as a JSON API.

`app.create_app` is the wiring; `python -m web` runs it. Knows nothing of Telegram or of training.
"""
