"""Experiments beside a study's trainings: what a claim asks and no training of the study answers."""
