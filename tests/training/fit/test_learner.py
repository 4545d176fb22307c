"""A learner is where its photos go; what the pretrained network tells apart is read from the weights it starts from."""

from collections import Counter
from pathlib import Path

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file

from tests.training.shapes import LABELS, shape_photo
from training.data.crops import Sample
from training.fit.learner import make_learner, make_loaders, pretrained_classifier
from training.fit.settings import Settings


@pytest.fixture
def network() -> torch.nn.Module:
    return timm.create_model("test_resnet")


def saved(network: torch.nn.Module, folder: Path, *without: str) -> Settings:
    """Settings that start from a network's weights, less those whose names begin so."""
    file = folder / "weights.safetensors"
    kept = {name: value for name, value in network.state_dict().items() if not name.startswith(("-", *without))}
    save_file(kept, file)
    return Settings(arch="test_resnet", weights=file)


def test_all_of_the_network_is_on_the_device_of_the_photos_before_anything_is_fitted(tmp_path: Path) -> None:
    samples = []
    for label in LABELS:
        (tmp_path / label).mkdir()
        for seed in range(4):
            file = tmp_path / label / f"{seed}.png"
            shape_photo(label, seed).save(file)
            samples.append(Sample(str(file), label, str(file), False, ()))
    settings = Settings(arch="test_resnet", pretrained=False, size=64, train_size=64, batch_size=4)
    loaders = make_loaders(samples, range(6), range(6, 8), settings, faces=False)
    loaders.device = torch.device("meta")  # a device that every machine has, and that refuses tensors of others
    learner = make_learner(loaders, settings, Counter(sample.label for sample in samples))
    assert {weight.device.type for weight in learner.model.parameters()} == {"meta"}


def test_the_classifier_is_read_from_the_weights(network: torch.nn.Module, tmp_path: Path) -> None:
    layer = network.get_classifier()
    classifier = pretrained_classifier(saved(network, tmp_path), layer.in_features)
    assert classifier is not None
    weight = layer.weight.detach().numpy()
    assert classifier == pytest.approx(weight - weight.mean(0), abs=1e-6)


def test_torchvisions_networks_have_one_too(tmp_path: Path) -> None:
    network = torchvision.models.shufflenet_v2_x0_5()  # which timm does not know
    torch.save(network.state_dict(), tmp_path / "weights.pth")
    classifier = pretrained_classifier(Settings(arch="shufflenet_v2_x0_5", weights=tmp_path / "weights.pth"), 1024)
    assert classifier is not None
    weight = network.fc.weight.detach().numpy()
    assert classifier == pytest.approx(weight - weight.mean(0), abs=1e-6)


@pytest.mark.parametrize("without", ["fc.", "fc.weight"])
def test_weights_without_a_classifier_do_without(network: torch.nn.Module, tmp_path: Path, without: str) -> None:
    settings = saved(network, tmp_path, without)
    assert pretrained_classifier(settings, network.get_classifier().in_features) is None


def test_another_persons_head_and_other_features_do_without(tmp_path: Path) -> None:
    other = timm.create_model("test_resnet", num_classes=7)
    settings = saved(other, tmp_path)
    assert pretrained_classifier(settings, other.get_classifier().in_features) is None
    whole = saved(timm.create_model("test_resnet"), tmp_path)
    assert pretrained_classifier(whole, 3) is None
    assert pretrained_classifier(Settings(arch="test_resnet", pretrained=False), 3) is None


def test_a_classifier_that_tells_nothing_is_none(network: torch.nn.Module, tmp_path: Path) -> None:
    layer = network.get_classifier()
    torch.nn.init.zeros_(layer.weight)
    assert pretrained_classifier(saved(network, tmp_path), layer.in_features) is None
