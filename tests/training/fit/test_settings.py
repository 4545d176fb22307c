"""What a person leaves open follows from the photos; what they choose stays."""

import pytest

from training.fit.settings import FEW, fitting, is_few


def test_few_photos_get_a_linear_head_alone() -> None:
    settings = fitting(200, faces=False)
    assert settings.probe and settings.epochs == 0 and settings.size == 288


def test_the_more_photos_the_fewer_epochs_but_always_one() -> None:
    epochs = [fitting(photos, faces=False).epochs for photos in (FEW, 3000, 9000, 50_000)]
    assert epochs == sorted(epochs, reverse=True) and epochs[0] > epochs[-1] == 1


def test_fast_ends_with_the_head_and_best_goes_on_where_photos_are_few() -> None:
    assert fitting(5000, faces=False, quality="fast").epochs == 0
    assert fitting(200, faces=False, quality="best").epochs > 0
    assert fitting(5000, faces=False, quality="best").epochs > fitting(5000, faces=False).epochs


def test_what_is_chosen_stays() -> None:
    settings = fitting(5000, faces=False, arch="resnet18", size=160, epochs=7, lr=0.5, batch_size=8)
    assert (settings.arch, settings.size, settings.epochs, settings.lr, settings.batch_size) == (
        "resnet18",
        160,
        7,
        0.5,
        8,
    )
    assert settings.train_size < settings.size


def test_many_faces_teach_a_small_network_all_of_it() -> None:
    few, many = fitting(200, faces=True), fitting(8000, faces=True)
    assert few.epochs == 0 and many.epochs > 20 and not many.gentle and many.size < few.size
    assert many.train_size == many.size


def test_random_weights_are_trained_hard_without_a_head_before() -> None:
    settings = fitting(200, faces=False, pretrained=False)
    assert not settings.probe and not settings.gentle and settings.epochs > 20


def test_the_books_recipe_is_the_books() -> None:
    settings = fitting(200, faces=False, recipe="fastai")
    assert not settings.probe and settings.size == settings.train_size == 224 and settings.lr == pytest.approx(2e-3)


def test_few_is_where_cross_validation_measures() -> None:
    assert is_few(FEW - 1) and not is_few(FEW)
