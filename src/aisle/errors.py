"""Errors that a user can cause and mend; the command line prints them without a traceback."""

from __future__ import annotations


class AisleError(Exception):
    """A user's mistake: the message says what, where, what was expected and what to do."""


class CatalogError(AisleError):
    """A catalogue cannot be read, or its columns do not fit what was asked."""


class RecipeError(AisleError):
    """A recipe, or an entry set on one, is not valid."""


class TrainingError(AisleError):
    """A model cannot be fitted on these rows."""


class BundleError(AisleError):
    """A bundle is damaged, foreign, or asks for something that is not installed."""


class EncoderError(AisleError):
    """A pretrained encoder is not there, is damaged, or may not be used on these terms."""


class NotFittedError(AisleError):
    """A model was asked for an answer before `fit`."""
