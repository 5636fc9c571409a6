"""The five sets of AI Hub."""
