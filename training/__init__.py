"""From folders of photos to a bundle that `model` serves. Knows nothing of Telegram or of web pages."""

import warnings

warnings.filterwarnings("ignore", message=".*torch.jit.*", category=FutureWarning)  # importing fastai brings it up
