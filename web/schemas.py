"""What the API says, as it stands in its OpenAPI document, with examples."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from model import Classifier, Prediction
from web.models import Models

EXAMPLE_PROBABILITIES = {"with_mask": 0.99, "without_mask": 0.008, "worn_incorrectly": 0.002}
EXAMPLE: dict[str, Any] = {
    "photo": "holiday.jpg",
    "faces": [{"box": [212, 80, 388, 301], "label": "with_mask", "sure": True, "probabilities": EXAMPLE_PROBABILITIES}],
    "label": "with_mask",
    "model": "face-masks",
    "milliseconds": 31.4,
}


class FaceAnswer(BaseModel):
    """One face."""

    box: tuple[int, int, int, int] = Field(
        description="left, top, right, bottom in pixels of the photo as a viewer shows it",
        examples=[[212, 80, 388, 301]],
    )
    label: str = Field(description="the most probable label", examples=["with_mask"])
    sure: bool = Field(description="whether its probability reaches the model's `sure_from`", examples=[True])
    probabilities: dict[str, float] = Field(description="by label, adding up to 1", examples=[EXAMPLE_PROBABILITIES])


class PhotoAnswer(BaseModel):
    """The answer to a photo: what `python -m model --json` prints, and who answered in what time."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})

    photo: str = Field(description="the name its sender gave it, or its address", examples=["holiday.jpg"])
    faces: list[FaceAnswer] = Field(description="largest face first")
    label: str = Field(
        description="the largest face's label or `no_face`; from a model that does not look for faces the photo's, which is "
        "`none` where it looks like none of the labels",
        examples=["with_mask"],
    )
    sure: bool | None = Field(
        None, description="whether the whole photo is surely of that label, from a model that does not look for faces"
    )
    probabilities: dict[str, float] | None = Field(
        None, description="the whole photo's, from a model that does not look for faces; else absent"
    )
    model: str = Field(description="the name of the model that answered", examples=["face-masks"])
    milliseconds: float = Field(description="from the last byte of the photo to the answer", examples=[31.4])


class ModelAnswer(BaseModel):
    """A model that is served."""

    name: str = Field(description="to be given as `model`", examples=["face-masks"])
    title: str = Field(examples=["Face masks"])
    labels: list[str] = Field(examples=[list(EXAMPLE_PROBABILITIES)])
    finds_faces: bool = Field(description="whether each face is answered, or the whole photo")
    sure_from: float = Field(description="from which probability on an answer is a sure one", examples=[0.76])
    figures: dict[str, Any] = Field(description="how right it is on photos it has not learned from")


class ModelsAnswer(BaseModel):
    """Every model that is served; the first answers photos that name none."""

    models: list[ModelAnswer]


class Health(BaseModel):
    """That the server answers, and how many photos it is looking at."""

    status: str = Field(examples=["ok"])
    waiting: int = Field(description="photos being looked at or waiting for it", examples=[0])


class ProblemAnswer(BaseModel):
    """Problem details by RFC 9457."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Unsupported Media Type",
                "status": 415,
                "detail": "The file is not a photo; send a JPEG, PNG or WebP.",
                "code": "not_an_image",
            }
        },
    )

    type: str
    title: str = Field(description="the status in words")
    status: int
    detail: str = Field(description="what was wrong and what to do")
    code: str = Field(description="why, in one word for programs")


def photo_answer(photo: str, model: str, prediction: Prediction, milliseconds: float) -> PhotoAnswer:
    """An answer, from what the model saw."""
    return PhotoAnswer.model_validate(
        {"photo": photo, **prediction.as_json(), "model": model, "milliseconds": round(milliseconds, 1)}
    )


def models_answer(models: Models) -> ModelsAnswer:
    """What is served."""
    return ModelsAnswer(models=[_model(name, classifier) for name, classifier in models.items()])


def _model(name: str, classifier: Classifier) -> ModelAnswer:
    manifest = classifier.bundle.manifest
    return ModelAnswer(
        name=name,
        title=manifest.name,
        labels=manifest.answers,
        finds_faces=manifest.faces.find,
        sure_from=manifest.sure_from,
        figures=manifest.figures,
    )
