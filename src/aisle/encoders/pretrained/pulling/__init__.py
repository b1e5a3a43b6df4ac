"""Encoder folders from the Hugging Face hub: what to fetch, fetching it, describing what came."""
