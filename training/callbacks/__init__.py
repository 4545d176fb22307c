"""What a person wants around a run that takes time, as fastai callbacks that work with any learner."""
