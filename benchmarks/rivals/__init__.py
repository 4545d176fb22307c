"""What people would use instead: each as its own documentation starts, over the same learner."""
