"""Text encoders and what prepares text for them."""
