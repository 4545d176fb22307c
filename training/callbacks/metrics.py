"""Custom metrics: functions of the predictions for the whole validation set, as NumPy arrays.

    def recall_of_rare(probabilities, labels):  # shapes (photos, labels) and (photos,)
        return float((probabilities[labels == 2].argmax(1) == 2).mean())

    learn.metrics = [error_rate, *own_metrics([recall_of_rare], labels=3)]

A function gives a number, or a dict of named numbers: each is a column of the table, and can be monitored.
"""

import importlib
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from fastai.callback.core import Callback
from fastai.learner import Metric, ValueMetric
from torch import nn

from training.callbacks.distributed import is_first
from training.callbacks.text import one_line

Function = Callable[[np.ndarray, np.ndarray], Any]


class MetricError(ValueError):
    """A metric that cannot be used; the message says why."""


def load_metric(name: str) -> Function:
    """The function that `package.module:function` names, looked for as Python looks for modules.

    Raises:
        MetricError: there is none.
    """
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as error:
        raise MetricError(
            f"--metric {name}: there is no module {error.name}; run the command from its folder, or install it."
        ) from None
    except AttributeError:
        raise MetricError(f"--metric {name}: {module} has no {function}.") from None
    except Exception as error:  # whatever the module does when it is imported
        raise MetricError(
            f"--metric {name}: {module} cannot be imported: {type(error).__name__}: {one_line(error)}"
        ) from None
    if not callable(found):
        raise MetricError(f"--metric {name} is not a function.")
    result: Function = found
    return result


def own_metrics(functions: Sequence[Function], labels: int) -> list[Metric]:
    """fastai metrics, one for each number that the functions give.

    Each function is tried at once, on made-up answers: a mistake in it is better known before a training than after.

    Args:
        functions: of probabilities (photos, labels) and the right labels' numbers (photos,).
        labels: how many there are.

    Raises:
        MetricError: a function fails, or gives something else than numbers, or a name that another one gave.
    """
    truth = np.repeat(np.arange(labels), 2)
    made_up = np.full((len(truth), labels), 0.4 / max(1, labels - 1), dtype=np.float32)
    made_up[np.arange(len(truth)), truth] = 0.6
    whole = _WholeSet(functions)
    metrics = list[Metric]()
    for function in functions:
        try:
            names = numbers(function, made_up, truth)
        except Exception as error:  # whatever a person's function raises
            raise MetricError(
                f"The metric {_name(function)} does not work: {type(error).__name__}: {one_line(error)}"
            ) from None
        metrics += [_OwnMetric(whole, name, first=not metrics and not place) for place, name in enumerate(names)]
    given = [metric.name for metric in metrics]
    if twice := {name for name in given if given.count(name) > 1}:
        raise MetricError(f"Two metrics are called {', '.join(sorted(twice))}: rename one.")
    return metrics


def numbers(function: Function, probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """What a function gives, by name.

    Raises:
        TypeError, ValueError: no numbers; and whatever the function raises.
    """
    result = function(probabilities, labels)
    named = result if isinstance(result, Mapping) else {_name(function): result}
    return {str(name): float(value) for name, value in named.items()}


class SecondSet(Callback):
    """Measures another set of photos after each epoch: columns of the table whose names begin with `eval_`.

    Args:
        loader: a fastai loader of that set, with labels numbered as in training.
        functions: custom metrics, see `own_metrics`.
        labels: how many there are.
    """

    order = 49  # before the recorder asks

    def __init__(self, loader: Any, functions: Sequence[Function] = (), labels: int = 2):
        super().__init__()
        self._loader, self._functions = loader, functions
        self._values: dict[str, float] = {}
        self._names = ["loss", "error_rate", *(metric.name for metric in own_metrics(functions, labels))]

    @property
    def metrics(self) -> list[Metric]:
        """To add to those of the learner."""
        return [ValueMetric(lambda name=name: self._values.get(name), f"eval_{name}") for name in self._names]

    def after_validate(self) -> None:
        logits, targets = list[torch.Tensor](), list[torch.Tensor]()
        with torch.no_grad():
            for batch in self._loader:
                logits.append(self.model(*batch[:-1]).float())
                targets.append(batch[-1])
        answers, truth = torch.cat(logits), torch.cat(targets)
        probabilities = _probabilities(self.learn, answers).cpu().numpy()
        labels = truth.cpu().numpy()
        self._values = {
            "loss": float(self.loss_func(answers, truth)),
            "error_rate": float((probabilities.argmax(1) != labels).mean()),
            **_all_numbers(self._functions, probabilities, labels),
        }


class _WholeSet:
    """The answers of an epoch, and what the functions make of them; shared by the metrics of all the functions."""

    def __init__(self, functions: Sequence[Function]):
        self._functions = functions
        self.reset()

    def reset(self) -> None:
        self._answers, self._truth = list[torch.Tensor](), list[torch.Tensor]()
        self._values: dict[str, float] | None = None

    def add(self, learn: Any) -> None:
        self._answers.append(learn.to_detach(_probabilities(learn, learn.pred.float())))
        self._truth.append(learn.to_detach(learn.y))

    def value(self, name: str) -> float:
        if not self._answers:
            return math.nan
        if self._values is None:
            arrays = (torch.cat(parts).as_subclass(torch.Tensor).numpy() for parts in (self._answers, self._truth))
            self._values = _all_numbers(self._functions, *arrays)
        return self._values.get(name, math.nan)


class _OwnMetric(Metric):
    def __init__(self, whole: _WholeSet, name: str, first: bool):
        self._whole, self._own_name, self._first = whole, name, first

    def reset(self) -> None:
        if self._first:
            self._whole.reset()

    def accumulate(self, learn: Any) -> None:
        if self._first:
            self._whole.add(learn)

    @property
    def value(self) -> float:
        return self._whole.value(self._own_name)

    @property
    def name(self) -> str:
        return self._own_name


def _all_numbers(functions: Sequence[Function], probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """What all the functions give. One that fails on these answers gives nothing: hours of training are worth more."""
    values: dict[str, float] = {}
    for function in functions:
        try:
            values |= numbers(function, probabilities, labels)
        except Exception as error:  # whatever a person's function raises
            if is_first():
                print(
                    f"The metric {_name(function)} failed: {type(error).__name__}: {one_line(error)}", file=sys.stderr
                )
    return values


def _probabilities(learn: Any, logits: torch.Tensor) -> torch.Tensor:
    activation = getattr(learn.loss_func, "activation", nn.Softmax(dim=-1))
    result: torch.Tensor = activation(logits)
    return result


def _name(function: Function) -> str:
    return str(getattr(function, "__name__", type(function).__name__))
