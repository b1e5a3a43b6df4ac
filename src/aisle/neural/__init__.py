"""Networks that are trained or taken over with PyTorch or Keras; neither is needed to predict."""
