"""What can go wrong in an evaluation.

EvaluationError
├── InvalidQuestions    a file of questions cannot be read as one
└── NothingToMeasure    no question is left to ask
"""


class EvaluationError(Exception):
    """An evaluation cannot be made; the message says what to do."""


class InvalidQuestions(EvaluationError):
    """A file of questions cannot be read; the message names file, line and remedy."""


class NothingToMeasure(EvaluationError):
    """No question is left to ask."""
