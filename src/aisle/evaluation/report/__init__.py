"""The parts of an evaluation's page, and the two pages made of them."""
