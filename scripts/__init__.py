"""Scripts for maintainers; `make` calls them."""
