"""A subscriber that loses nothing and gets nothing twice, over any number of regions."""
