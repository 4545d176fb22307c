"""An API as LitServe's documentation builds one for pictures: `learn.predict` behind a `LitAPI`."""

import os
from typing import Any

import litserve
from fastai.callback.progress import ProgressCallback
from fastai.learner import load_learner
from fastai.vision.core import PILImage
from fastapi import Request


class Api(litserve.LitAPI):
    """Takes a form with a photo, gives probabilities by label."""

    def setup(self, device: str) -> None:
        self.learner = load_learner(os.environ["LEARNER"])
        self.learner.remove_cb(ProgressCallback)

    def decode_request(self, request: Request) -> Any:
        return PILImage.create(request["photo"].file)

    def predict(self, x: Any) -> Any:
        return self.learner.predict(x)[2]

    def encode_response(self, output: Any) -> dict[str, float]:
        return dict(zip(map(str, self.learner.dls.vocab), map(float, output), strict=True))


if __name__ == "__main__":
    litserve.LitServer(Api(), accelerator="cpu").run(
        host="127.0.0.1", port=int(os.environ["PORT"]), generate_client_file=False, log_level="warning"
    )
