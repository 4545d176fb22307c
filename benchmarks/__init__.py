"""Every figure of the README, as a command."""
